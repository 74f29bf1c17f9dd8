import Testing

@testable import OstinatoTensors

@Suite struct TensorSlabTests {
  /// A tensor of `count` elements that tell which tensor they are of.
  private func tensor(_ number: Int, count: Int, in slab: TensorSlab) -> Tensor {
    Tensor(uninitialized: [count], in: slab) { $0.bindMemory(to: Float.self).initialize(repeating: Float(number)) }
  }

  /// Sizes that begin pieces, fill them to the last byte, do not fit what is left, and have a piece of their own.
  private static let counts =
    [0, 1, 15, 16, 17, 1 << 14, 1 << 10, 3 << 14, 1 << 19, (1 << 21) - 16, 1 << 21, 5, (1 << 21) + 1, 1 << 20, 0]

  @Test func tensorsShareNoElement() {
    let slab = TensorSlab()
    let tensors = Self.counts.enumerated().map { tensor($0.offset, count: $0.element, in: slab) }
    for (number, tensor) in tensors.enumerated() {
      #expect(Int(bitPattern: tensor.baseAddress).isMultiple(of: TensorStorage.alignment))
      let isWhole = tensor.withUnsafeElements(of: Float.self) { $0.allSatisfy { $0 == Float(number) } }
      #expect(tensor.elementCount == Self.counts[number] && isWhole)
    }
  }

  @Test func aTensorOutlivesTheOthersAndTheSlab() {
    var slab: TensorSlab? = TensorSlab()
    var tensors = slab.map { slab in (0..<100).map { tensor($0, count: 5_000, in: slab) } } ?? []
    slab = nil
    let survivors = [tensors[0], tensors[50], tensors[99]]
    tensors = []
    #expect(survivors.map { $0[4_999] } == [0, 50, 99])
  }
}
