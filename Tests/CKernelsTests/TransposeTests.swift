import CKernels
import KernelFences
import Testing

@Suite("Transposing")
struct TransposeTests {
  /// Every element is where it belongs, whatever its bits say, and nothing else is written.
  @Test(arguments: Level.all)
  func movesEveryElement(_ level: Level) {
    for (rows, columns) in [(0, 3), (1, 1), (4, 24), (24, 4), (3, 50), (16, 16), (17, 5), (35, 38)] {
      let (ldx, ldy) = (columns + 1, rows + 2)
      let x = Guarded((0..<rows * ldx).map { Float(bitPattern: 0x7F80_0000 &+ UInt32($0)) })
      let y = Guarded([Float](repeating: -1, count: columns * ldy))
      level.kernels.transpose(rows, columns, x.pointer, ldx, y.pointer, ldy)
      #expect(y.isIntact)
      let expected = (0..<columns * ldy).map { place in
        let (j, i) = (place / ldy, place % ldy)
        return i < rows ? (0x7F80_0000 &+ UInt32(i * ldx + j)) : Float(-1).bitPattern
      }
      #expect(y.values.map(\.bitPattern) == expected, "\(rows) × \(columns)")
    }
  }
}
