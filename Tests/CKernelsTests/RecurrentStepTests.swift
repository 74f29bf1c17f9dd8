import CKernels
import KernelFences
import Testing

@Suite("Steps of recurrent cells")
struct RecurrentStepTests {
  /// A step of some rows, the second of three masked where there is a mask.
  struct Problem {
    let kind: ck_cell_kind, rows: Int, units: Int, inputs: Int, gap = 3
    let functions: RecurrentTests.Pair
    /// Inputs, or their shares of the gates where the cell has none.
    var x: [Float]
    var kernel: [Float], bias: [Float]?, mask: [Float]?, h: [Float], c: [Float]
    let inputKernel: [Float], inputBias: [Float]?
    /// The row of x that each row takes, and behind it the one that it takes in the step that follows; nil for its own.
    var lookup: [Int32]?

    /// The length of a row of x.
    var share: Int { inputs > 0 ? inputs : kind.gates * units }

    init(
      _ kind: ck_cell_kind, rows: Int, units: Int, inputs: Int = 0, _ functions: RecurrentTests.Pair,
      isMasked: Bool = false
    ) {
      var random = Seeded(100 * units + rows)
      (self.kind, self.rows, self.units, self.inputs, self.functions) = (kind, rows, units, inputs, functions)
      let width = kind.gates * units
      x = random.floats(rows * ((inputs > 0 ? inputs : width) + 3), in: -4...4)
      kernel = random.floats(units * width, in: -0.5...0.5)
      inputKernel = random.floats(inputs * width)
      inputBias = rows % 2 == 0 ? random.floats(width) : nil
      bias = units % 2 == 0 ? random.floats(width) : nil
      mask = isMasked ? (0..<2 * rows).map { $0 / 2 % 3 == 1 ? 0 : 1 } : nil
      h = random.floats(rows * units)
      c = random.floats(rows * units)
    }

    /// States, carries and outputs after the step of rows `range`, row by row.
    /// - Parameter part: how many units are taken at once; nil for all.
    func step(_ kernels: ck_kernels, _ range: Range<Int>, part: Int? = nil) -> [[Float]] {
      let count = range.count
      let (packed, packedInputs) = (pack(kernel, units, kernels), pack(inputKernel, inputs, kernels))
      let h = rows(of: self.h, range), next = Guarded(count: count * units), carry = rows(of: c, range)
      let output = Guarded([Float](repeating: 7, count: count * (units + gap)))
      let taken = lookup == nil ? range : 0..<self.rows
      let x = Guarded(Array(x[taken.lowerBound * (share + gap)..<taken.upperBound * (share + gap)]))
      let lookup = lookup.map { Array($0[2 * range.lowerBound..<2 * range.upperBound]) }
      let (bias, inputBias, mask) = (
        bias.map { Guarded($0) }, inputBias.map { Guarded($0) },
        mask.map { Guarded(Array($0[2 * range.lowerBound..<2 * range.upperBound])) }
      )
      var cell = ck_cell(
        kind: kind, units: units, kernel: packed.pointer, bias: bias?.pointer, inputs: inputs,
        input_kernel: packedInputs.pointer, input_bias: inputBias?.pointer, activation: functions.activation,
        recurrent: functions.recurrent)
      (lookup ?? []).withUnsafeBufferPointer { indices in
        var rows = ck_cell_rows(
          count: count, x: x.pointer, mask: mask?.pointer, ldx: share + gap, ldmask: 2,
          lookup: lookup == nil ? nil : indices.baseAddress, ldlookup: 2,
          ahead: lookup == nil ? share + gap : 1, h_prev: h.pointer, h: next.pointer, c: carry.pointer,
          y: output.pointer, ldy: units + gap)
        for begin in stride(from: 0, to: units, by: part ?? max(units, 1)) {
          kernels.cell_step(&cell, &rows, begin, min(begin + (part ?? units), units))
        }
      }
      #expect(packed.isIntact && packedInputs.isIntact && next.isIntact && carry.isIntact && output.isIntact)
      return (0..<count).map { row in
        let units = row * units..<(row + 1) * units
        // A cell that resets first keeps what it likes where others have their carry.
        return Array(next.values[units]) + (kind == .CK_CELL_GRU_RESET_FIRST ? [] : Array(carry.values[units]))
          + Array(output.values[row * (self.units + gap)..<(row + 1) * (self.units + gap)])
      }
    }

    private func pack(_ kernel: [Float], _ k: Int, _ kernels: ck_kernels) -> Guarded {
      let packed = Guarded(count: kernels.cell_packed_size(kind, k, units))
      kernels.cell_pack(kind, k, units, kernel, packed.pointer)
      return packed
    }

    private func rows(of values: [Float], _ range: Range<Int>) -> Guarded {
      Guarded(Array(values[range.lowerBound * units..<range.upperBound * units]))
    }
  }

  @Test(arguments: Level.all, ck_cell_kind.all)
  func matchReference(_ level: Level, _ kind: ck_cell_kind) {
    for units in 0...67 {
      for rows in [1, 2, 3, units % 14] {
        for (index, functions) in RecurrentTests.pairs.enumerated() {
          let problem = Problem(
            kind, rows: rows, units: units, inputs: [0, 1, 5][(units + index) % 3], functions,
            isMasked: units % 3 == 0)
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
      for inputs in [0, 9] {
        let problem = Problem(kind, rows: 29, units: units, inputs: inputs, RecurrentTests.pairs[0])
        let batch = problem.step(level.kernels, 0..<29)
        for row in 0..<29 {
          #expect(problem.step(level.kernels, row..<row + 1)[0].bits == batch[row].bits, "row \(row), \(units) units")
        }
      }
    }
  }

  @Test(arguments: Level.all, ck_cell_kind.all.filter { $0 != .CK_CELL_GRU_RESET_FIRST })
  func partsOfTheUnitsAreTheSame(_ level: Level, _ kind: ck_cell_kind) {
    for units in [16, 33, 100] {
      for (rows, isMasked) in [(1, false), (2, true), (29, true)] {
        let problem = Problem(
          kind, rows: rows, units: units, inputs: rows % 3, RecurrentTests.pairs[0], isMasked: isMasked)
        let whole = problem.step(level.kernels, 0..<rows).map(\.bits)
        for part in [Int(CK_CELL_UNITS), 3 * Int(CK_CELL_UNITS)] {
          let parts = problem.step(level.kernels, 0..<rows, part: part).map(\.bits)
          #expect(parts == whole, "\(rows) rows, \(units) units, \(part) at once")
        }
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
      lookedUp.lookup = taken.flatMap { [Int32($0), Int32(rows - 1 - $0)] }
      moved.x = taken.flatMap { plain.x[$0 * stride..<($0 + 1) * stride] }
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
