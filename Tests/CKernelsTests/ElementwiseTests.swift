import CKernels
import KernelFences
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite("Elementwise kernels")
struct ElementwiseTests {
  /// A function, its exact value, and the error the header promises.
  struct Function: Sendable, CustomTestStringConvertible {
    let name: String
    let kernel: @Sendable (ck_kernels) -> (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void
    let exact: @Sendable (Double) -> Double
    let ulps: Double
    /// Whether a result that is less than normal numbers may be 0.
    var flushes = false
    var testDescription: String { name }

    static let all = [
      Function(name: "exp", kernel: { $0.exp }, exact: { exp($0) }, ulps: 1.1),
      Function(name: "sigmoid", kernel: { $0.sigmoid }, exact: { 1 / (1 + exp(-$0)) }, ulps: 2.5, flushes: true),
      Function(name: "tanh", kernel: { $0.tanh }, exact: { tanh($0) }, ulps: 6),
      Function(name: "erf", kernel: { $0.erf }, exact: { erf($0) }, ulps: 7),
      Function(name: "relu", kernel: { $0.relu }, exact: { $0 < 0 ? 0 : $0 }, ulps: 0),
    ]
  }

  static let special: [Float] = [
    0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
    .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1, -1, 88.7, 88.73, 89, -87.4, -103, -103.98, -104.1, 1e-20,
  ]

  func run(_ function: Function, _ level: Level, _ x: [Float]) -> [Float] {
    let y = Guarded(count: x.count)
    function.kernel(level.kernels)(x, y.pointer, x.count)
    #expect(y.isIntact)
    return y.values
  }

  @Test(arguments: Level.all, Function.all)
  func isAccurateOverAllMagnitudes(_ level: Level, _ function: Function) {
    let x = Self.special + stride(from: UInt32(0), to: .max - 40_009, by: 40_009).map { Float(bitPattern: $0) }
    let errors = zip(run(function, level, x), x).map { value, x in
      let exact = function.exact(Double(x))
      return function.flushes && value == 0 && exact < Double(Float.leastNormalMagnitude) ? 0 : ulps(value, exact)
    }
    let error = errors.max() ?? 0
    // libm, which the reference level calls, may be less exact than the vector code.
    #expect(error <= max(function.ulps, level.level == .CK_ISA_REFERENCE ? 3 : 0))
  }

  @Test(arguments: Level.all, Function.all)
  func valueDoesNotDependOnPosition(_ level: Level, _ function: Function) {
    var random = Seeded(1)
    let x = random.floats(4099, in: -12...12)
    let whole = run(function, level, x)
    for n in lengths {
      #expect(run(function, level, Array(x.prefix(n))).bits == Array(whole.prefix(n)).bits, "prefix of \(n)")
      #expect(run(function, level, Array(x.suffix(n))).bits == Array(whole.suffix(n)).bits, "suffix of \(n)")
      let inPlace = Guarded(Array(x.prefix(n)), misalignment: 3)
      function.kernel(level.kernels)(inPlace.pointer, inPlace.pointer, n)
      #expect(inPlace.isIntact && inPlace.values.bits == Array(whole.prefix(n)).bits, "in place, \(n)")
    }
  }

  @Test(arguments: Level.all, ck_activation.all)
  func activationMatchesReference(_ level: Level, _ activation: ck_activation) {
    var random = Seeded(2)
    for n in lengths {
      let x = random.floats(n, in: -8...8)
      let y = Guarded(count: n), expected = Guarded(count: n)
      level.kernels.activate(x, y.pointer, n, activation)
      Level.reference.kernels.activate(x, expected.pointer, n, activation)
      // Below zero, x/2 times the error of erf or tanh is not much less than the function itself.
      let tolerance: Float = [.CK_ACT_GELU, .CK_ACT_GELU_TANH].contains(activation.kind) ? 2e-6 : 5e-7
      #expect(y.isIntact && worstDifference(y.values, expected.values) < tolerance, "n = \(n)")
    }
  }

  @Test(arguments: Level.all, ck_activation.all)
  func activationVanishesFarBelowZero(_ level: Level, _ activation: ck_activation) {
    let vanishing: [ck_act] = [.CK_ACT_SIGMOID, .CK_ACT_SILU, .CK_ACT_GELU, .CK_ACT_GELU_TANH, .CK_ACT_SOFTPLUS]
    guard vanishing.contains(activation.kind) else { return }
    let x: [Float] = [-120, -1e4, -1e30, -.greatestFiniteMagnitude]
    let y = Guarded(count: x.count)
    level.kernels.activate(x, y.pointer, x.count, activation)
    #expect(y.values.allSatisfy { $0 == 0 }, "\(y.values)")
  }

  @Test(arguments: Level.all, ck_activation.all)
  func activationKeepsNaN(_ level: Level, _ activation: ck_activation) {
    let y = Guarded(count: 3)
    level.kernels.activate([.nan, .infinity, -.infinity], y.pointer, 3, activation)
    #expect(y.values[0].isNaN)
  }

  @Test(arguments: Level.all)
  func softmaxRows(_ level: Level) {
    var random = Seeded(3)
    for n in lengths {
      let rows = n < 70 ? 19 : 3
      let x = random.floats(rows * n, in: -200 ... -100)
      let y = Guarded(count: rows * n)
      level.kernels.softmax(x, y.pointer, rows, n)
      #expect(y.isIntact)
      for row in 0..<rows where n > 0 {
        let input = x[(row * n)..<((row + 1) * n)].map(Double.init)
        let largest = input.max() ?? 0
        let sum = input.reduce(0) { $0 + exp($1 - largest) }
        let expected = input.map { Float(exp($0 - largest) / sum) }
        let values = Array(y.values[(row * n)..<((row + 1) * n)])
        #expect(worstDifference(values, expected) < 3e-7, "n = \(n)")
        let alone = Guarded(Array(x[(row * n)..<((row + 1) * n)]), misalignment: 2)
        level.kernels.softmax(alone.pointer, alone.pointer, 1, n)
        #expect(alone.isIntact && alone.values.bits == values.bits, "row alone, n = \(n)")
      }
    }
  }

  @Test(arguments: Level.all)
  func momentsOfARow(_ level: Level) {
    var random = Seeded(5)
    for n in lengths + [2048] {
      let x = Guarded(random.floats(n, in: -3...9), misalignment: 1)
      let distances = x.values.map { Double($0) - 2.5 }
      let sum = distances.reduce(0, +), squares = distances.reduce(0) { $0 + $1 * $1 }
      let magnitude = distances.reduce(0) { $0 + abs($1) }
      let moments = level.kernels.moments(x.pointer, n, 2.5)
      #expect(abs(Double(moments.sum) - sum) <= 3e-7 * magnitude, "n = \(n)")
      #expect(abs(Double(moments.squares) - squares) <= 5e-7 * squares, "n = \(n)")
    }
  }

  @Test(arguments: Level.all)
  func rescalesARow(_ level: Level) {
    var random = Seeded(6)
    for n in lengths {
      let x = random.floats(n), gamma = random.floats(n), beta = random.floats(n)
      for (hasGamma, hasBeta) in [(false, false), (true, false), (false, true), (true, true)] {
        let y = Guarded(x, misalignment: 3)
        gamma.withUnsafeBufferPointer { gamma in
          beta.withUnsafeBufferPointer { beta in
            var rescaling = ck_rescaling(
              center: 0.25, scale: 1.5, shift: -0.125, gamma: hasGamma ? gamma.baseAddress : nil,
              beta: hasBeta ? beta.baseAddress : nil)
            level.kernels.rescale(y.pointer, y.pointer, n, &rescaling)
          }
        }
        let expected = x.indices.map { index in
          let value = ((Double(x[index]) - 0.25) * 1.5 - 0.125) * Double(hasGamma ? gamma[index] : 1)
          return Float(value + Double(hasBeta ? beta[index] : 0))
        }
        #expect(y.isIntact && worstDifference(y.values, expected) < 1e-6, "n = \(n), \(hasGamma), \(hasBeta)")
      }
    }
  }

  @Test(arguments: Level.all, ck_activation.all)
  func biasAndActivation(_ level: Level, _ activation: ck_activation) {
    var random = Seeded(4)
    for n in lengths.prefix(68) {
      let rows = 3, ldy = n + 5
      let x = random.floats(rows * ldy), bias = random.floats(n), residual = random.floats(rows * ldy)
      for (hasBias, hasResidual) in [(true, false), (false, true), (true, true)] {
        let y = Guarded(x), expected = Guarded(x)
        bias.withUnsafeBufferPointer { bias in
          residual.withUnsafeBufferPointer { residual in
            var epilogue = ck_epilogue(
              bias: hasBias ? bias.baseAddress : nil,
              residual: hasResidual ? residual.baseAddress : nil,
              ldr: ldy,
              activation: activation
            )
            level.kernels.bias_act(y.pointer, rows, n, ldy, &epilogue)
            Level.reference.kernels.bias_act(expected.pointer, rows, n, ldy, &epilogue)
          }
        }
        #expect(y.isIntact && worstDifference(y.values, expected.values) < 5e-7, "n = \(n)")
        let isGap = { (index: Int) in index % ldy >= n }
        #expect(y.values.indices.filter(isGap).allSatisfy { y.values[$0] == x[$0] }, "gap, n = \(n)")
      }
    }
  }
}
