import CKernels
import KernelFences
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite("Recurrent cells")
struct RecurrentTests {
  static let pairs: [Pair] = [
    Pair(activation: .tanh, recurrent: .sigmoid),
    Pair(activation: .relu, recurrent: ck_activation(kind: .CK_ACT_HARD_SIGMOID, alpha: 0.2, beta: 0.5)),
  ]

  struct Pair: Sendable {
    let activation: ck_activation, recurrent: ck_activation
  }

  /// Inputs of a cell with `gates` blocks, rows further apart than they are long.
  struct Problem {
    let rows: Int, units: Int, gates: Int, gap = 3
    var xz: [Float], hz: [Float], state: [Float]

    init(rows: Int, units: Int, gates: Int, seed: Int) {
      var random = Seeded(seed)
      (self.rows, self.units, self.gates) = (rows, units, gates)
      xz = random.floats(rows * (gates * units + gap), in: -4...4)
      hz = random.floats(rows * (gates * units + gap), in: -4...4)
      state = random.floats(rows * (units + gap))
    }

    var ldz: Int { gates * units + gap }
    var lds: Int { units + gap }

    func lstm(_ kernels: ck_kernels, _ pair: Pair, row: Int? = nil) -> [Float] {
      let h = Guarded(count: rows * lds), c = Guarded(state)
      let first = row ?? 0
      kernels.lstm_cell(
        row == nil ? rows : 1,
        units,
        Array(xz.dropFirst(first * ldz)),
        ldz,
        Array(hz.dropFirst(first * ldz)),
        ldz,
        c.pointer + first * lds,
        lds,
        h.pointer + first * lds,
        lds,
        c.pointer + first * lds,
        lds,
        pair.activation,
        pair.recurrent
      )
      #expect(h.isIntact && c.isIntact)
      return visible(h.values, row) + visible(c.values, row)
    }

    func gru(_ kernels: ck_kernels, _ pair: Pair, row: Int? = nil) -> [Float] {
      let h = Guarded(state)
      let first = row ?? 0
      kernels.gru_cell(
        row == nil ? rows : 1,
        units,
        Array(xz.dropFirst(first * ldz)),
        ldz,
        Array(hz.dropFirst(first * ldz)),
        ldz,
        h.pointer + first * lds,
        lds,
        h.pointer + first * lds,
        lds,
        pair.activation,
        pair.recurrent
      )
      #expect(h.isIntact)
      return visible(h.values, row)
    }

    /// The units of all rows, or of one, without the gaps.
    private func visible(_ values: [Float], _ row: Int?) -> [Float] {
      (row.map { $0..<($0 + 1) } ?? 0..<rows).flatMap { values[($0 * lds)..<($0 * lds + units)] }
    }
  }

  @Test(arguments: Level.all)
  func matchReference(_ level: Level) {
    for units in 0...67 {
      for pair in Self.pairs {
        let lstm = Problem(rows: 3, units: units, gates: 4, seed: units)
        let gru = Problem(rows: 3, units: units, gates: 3, seed: units)
        let reference = Level.reference.kernels
        #expect(worstDifference(lstm.lstm(level.kernels, pair), lstm.lstm(reference, pair)) < 1e-6, "\(units)")
        #expect(worstDifference(gru.gru(level.kernels, pair), gru.gru(reference, pair)) < 1e-6, "\(units)")
      }
    }
  }

  /// The quotients of polynomials that stand for sigmoid and tanh stay within what `CKernels.h` says.
  @Test(arguments: Level.all)
  func defaultGatesAreAccurate(_ level: Level) {
    let count = 20_001
    let x = (0..<count).map { Float($0 - count / 2) / 1000 }
    let zeros = [Float](repeating: 0, count: count)
    let sums = { (gates: [[Float]]) in gates.flatMap { $0 } }
    let h = Guarded(zeros), c = Guarded([Float](repeating: 1, count: count))
    // f = x and g = 0, so that the carry 1 becomes s(x).
    level.kernels.lstm_cell(
      1, count, sums([zeros, x, zeros, zeros]), 0, sums([zeros, zeros, zeros, zeros]), 0, c.pointer, 0, h.pointer, 0,
      c.pointer, 0, .tanh, .sigmoid)
    for (x, value) in zip(x, c.values) { #expect(abs(Double(value) - 1 / (1 + exp(-Double(x)))) <= 2.5e-7, "s(\(x))") }
    // z = -100, so that the state becomes tanh(x) and less than 1e-40 of the one before.
    let closed = [Float](repeating: -100, count: count)
    level.kernels.gru_cell(
      1, count, sums([closed, zeros, x]), 0, sums([zeros, zeros, zeros]), 0, h.pointer, 0, h.pointer, 0, .tanh, .sigmoid
    )
    for (x, value) in zip(x, h.values) {
      #expect(abs(Double(value) - tanh(Double(x))) <= 4.5e-7 * abs(tanh(Double(x))) + 1e-40, "tanh(\(x))")
    }
  }

  @Test(arguments: Level.all)
  func rowAloneIsTheSame(_ level: Level) {
    for units in [1, 7, 16, 33] {
      let lstm = Problem(rows: 3, units: units, gates: 4, seed: units)
      let batch = lstm.lstm(level.kernels, Self.pairs[0])
      let alone = lstm.lstm(level.kernels, Self.pairs[0], row: 2)
      #expect(Array(batch[(2 * units)..<(3 * units)]).bits == Array(alone.prefix(units)).bits)
      let gru = Problem(rows: 3, units: units, gates: 3, seed: units)
      let states = gru.gru(level.kernels, Self.pairs[0])
      #expect(Array(states.suffix(units)).bits == gru.gru(level.kernels, Self.pairs[0], row: 2).bits)
    }
  }
}
