import CKernels
import KernelFences
import Testing

@Suite("Steps of recurrent cells")
struct RecurrentStepTests {
  /// A step of some rows, the second of three masked where there is a mask.
  struct Problem {
    let kind: ck_cell_kind, rows: Int, units: Int, gap = 3
    let functions: RecurrentTests.Pair
    var xz: [Float], kernel: [Float], bias: [Float]?, mask: [Float]?, h: [Float], c: [Float]
    /// The row of xz that each row takes, two apart, or its own.
    var lookup: [Int32]?

    init(_ kind: ck_cell_kind, rows: Int, units: Int, _ functions: RecurrentTests.Pair, isMasked: Bool = false) {
      var random = Seeded(100 * units + rows)
      (self.kind, self.rows, self.units, self.functions) = (kind, rows, units, functions)
      let width = kind.gates * units
      xz = random.floats(rows * (width + 3), in: -4...4)
      kernel = random.floats(units * width, in: -0.5...0.5)
      bias = units % 2 == 0 ? random.floats(width) : nil
      mask = isMasked ? (0..<2 * rows).map { $0 / 2 % 3 == 1 ? 0 : 1 } : nil
      h = random.floats(rows * units)
      c = random.floats(rows * units)
    }

    /// States, carries and outputs after the step of rows `range`, row by row.
    func step(_ kernels: ck_kernels, _ range: Range<Int>) -> [[Float]] {
      let (width, count) = (kind.gates * units, range.count)
      let packed = Guarded(count: kernels.cell_packed_size(kind, units))
      kernels.cell_pack(kind, units, kernel, packed.pointer)
      let h = rows(of: self.h, range), next = Guarded(count: count * units), carry = rows(of: c, range)
      let output = Guarded([Float](repeating: 7, count: count * (units + gap)))
      let taken = lookup == nil ? range : 0..<self.rows
      let x = Guarded(Array(xz[taken.lowerBound * (width + gap)..<taken.upperBound * (width + gap)]))
      let lookup = lookup.map { Array($0[2 * range.lowerBound..<2 * range.upperBound]) }
      let (bias, mask) = (
        bias.map { Guarded($0) }, mask.map { Guarded(Array($0[2 * range.lowerBound..<2 * range.upperBound])) }
      )
      var cell = ck_cell(
        kind: kind, units: units, kernel: packed.pointer, bias: bias?.pointer, activation: functions.activation,
        recurrent: functions.recurrent)
      (lookup ?? []).withUnsafeBufferPointer { indices in
        var rows = ck_cell_rows(
          count: count, xz: x.pointer, mask: mask?.pointer, ldxz: width + gap, ldmask: 2,
          lookup: lookup == nil ? nil : indices.baseAddress, ldlookup: 2, h_prev: h.pointer, h: next.pointer,
          c: carry.pointer, y: output.pointer, ldy: units + gap)
        kernels.cell_step(&cell, &rows)
      }
      #expect(packed.isIntact && next.isIntact && carry.isIntact && output.isIntact)
      return (0..<count).map { row in
        let units = row * units..<(row + 1) * units
        // A cell that resets first keeps what it likes where others have their carry.
        return Array(next.values[units]) + (kind == .CK_CELL_GRU_RESET_FIRST ? [] : Array(carry.values[units]))
          + Array(output.values[row * (self.units + gap)..<(row + 1) * (self.units + gap)])
      }
    }

    private func rows(of values: [Float], _ range: Range<Int>) -> Guarded {
      Guarded(Array(values[range.lowerBound * units..<range.upperBound * units]))
    }
  }

  @Test(arguments: Level.all, ck_cell_kind.all)
  func matchReference(_ level: Level, _ kind: ck_cell_kind) {
    for units in 0...67 {
      for rows in [1, 2, 3, units % 14] {
        for functions in RecurrentTests.pairs {
          let problem = Problem(kind, rows: rows, units: units, functions, isMasked: units % 3 == 0)
          let (values, expected) = (
            problem.step(level.kernels, 0..<rows), problem.step(Level.reference.kernels, 0..<rows)
          )
          #expect(
            worstDifference(values.flatMap { $0 }, expected.flatMap { $0 }) < 3e-6, "\(rows) rows, \(units) units")
        }
      }
    }
  }

  @Test(arguments: Level.all, ck_cell_kind.all)
  func rowAloneIsTheSame(_ level: Level, _ kind: ck_cell_kind) {
    for units in [1, 7, 16, 33, 64] {
      let problem = Problem(kind, rows: 29, units: units, RecurrentTests.pairs[0])
      let batch = problem.step(level.kernels, 0..<29)
      for row in 0..<29 {
        #expect(problem.step(level.kernels, row..<row + 1)[0].bits == batch[row].bits, "row \(row), \(units) units")
      }
    }
  }

  @Test(arguments: Level.all, ck_cell_kind.all)
  func rowsAreLookedUp(_ level: Level, _ kind: ck_cell_kind) {
    for (rows, units) in [(1, 20), (13, 16), (5, 33)] {
      let plain = Problem(kind, rows: rows, units: units, RecurrentTests.pairs[0])
      let stride = kind.gates * units + 3
      let taken = (0..<rows).map { (3 * $0 + 1) % rows / 2 }
      var (lookedUp, moved) = (plain, plain)
      lookedUp.lookup = taken.flatMap { [Int32($0), -1] }
      moved.xz = taken.flatMap { plain.xz[$0 * stride..<($0 + 1) * stride] }
      let (values, expected) = (lookedUp.step(level.kernels, 0..<rows), moved.step(level.kernels, 0..<rows))
      #expect(zip(values, expected).allSatisfy { $0.bits == $1.bits }, "\(rows) rows, \(units) units")
    }
  }

  @Test(arguments: Level.all)
  func maskedRowKeepsItsStates(_ level: Level) {
    let problem = Problem(.CK_CELL_LSTM, rows: 3, units: 20, RecurrentTests.pairs[0], isMasked: true)
    let kept = problem.step(level.kernels, 0..<3)[1]
    #expect(Array(kept[0..<20]) == Array(problem.h[20..<40]))
    #expect(Array(kept[20..<40]) == Array(problem.c[20..<40]))
    #expect(Array(kept[40..<63]) == [Float](repeating: 7, count: 23))
  }
}
