#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension UnaryFunction {
  /// `y[i] = f(x[i])` for `i` in `0..<count`. `x` and `y` may be the same.
  package func apply(_ x: Source, _ y: Target, count: Int) {
    switch self {
    case .relu(slope: 0, let maximum, let threshold):
      map(x, y, count) { $0 > threshold ? min($0, maximum) : $0.isNaN ? $0 : 0 }
    case .relu(let slope, let maximum, let threshold):
      map(x, y, count) { $0 > threshold ? min($0, maximum) : slope * ($0 - threshold) }
    case .elu(let alpha): map(x, y, count) { $0 > 0 ? $0 : alpha * expm1f($0) }
    case .selu:
      map(x, y, count) { 1.050_700_987_355_480_5 * ($0 > 0 ? $0 : 1.673_263_242_354_377_2 * expm1f($0)) }
    case .celu(let alpha): map(x, y, count) { max($0, 0) + alpha * expm1f(min($0, 0) / alpha) }
    case .gelu(approximate: false): map(x, y, count) { 0.5 * $0 * erfcf(-$0 * 0.707_106_781_186_547_5) }
    case .gelu(approximate: true):
      map(x, y, count) { 0.5 * $0 * (1 + tanhf(0.797_884_560_802_865_4 * ($0 + 0.044_715 * $0 * $0 * $0))) }
    case .sigmoid: map(x, y, count, Self.sigmoid)
    case .hardSigmoid(let slope): map(x, y, count) { min(max(slope * $0 + 0.5, 0), 1) }
    case .silu: map(x, y, count) { $0 * Self.sigmoid($0) }
    case .hardSilu: map(x, y, count) { $0 * min(max($0 / 6 + 0.5, 0), 1) }
    case .tanh: map(x, y, count, tanhf)
    case .hardTanh: map(x, y, count) { Self.clip($0, -1, 1) }
    case .tanhShrink: map(x, y, count) { $0 - tanhf($0) }
    case .hardShrink(let threshold): map(x, y, count) { abs($0) > threshold ? $0 : 0 }
    case .softShrink(let threshold):
      map(x, y, count) { $0 > threshold ? $0 - threshold : $0 < -threshold ? $0 + threshold : 0 }
    case .softplus: map(x, y, count, Self.softplus)
    case .softsign: map(x, y, count) { $0 / (1 + abs($0)) }
    case .squareplus(let b): map(x, y, count) { ($0 + ($0 * $0 + b).squareRoot()) / 2 }
    case .sparsePlus: map(x, y, count) { $0 <= -1 ? 0 : $0 < 1 ? ($0 + 1) * ($0 + 1) / 4 : $0 }
    case .sparseSigmoid: map(x, y, count) { Self.clip(($0 + 1) / 2, 0, 1) }
    case .logSigmoid: map(x, y, count) { -Self.softplus(-$0) }
    case .mish: map(x, y, count) { $0 * tanhf(Self.softplus($0)) }
    case .threshold(let threshold, let value): map(x, y, count) { $0 > threshold ? $0 : value }
    default: applyArithmetic(x, y, count)
    }
  }

  private func applyArithmetic(_ x: Source, _ y: Target, _ count: Int) {
    switch self {
    case .exponential: map(x, y, count, expf)
    case .negate: map(x, y, count) { -$0 }
    case .absolute: map(x, y, count) { abs($0) }
    case .square: map(x, y, count) { $0 * $0 }
    case .squareRoot: map(x, y, count) { $0.squareRoot() }
    case .reciprocalSquareRoot: map(x, y, count) { 1 / $0.squareRoot() }
    case .reciprocal: map(x, y, count) { 1 / $0 }
    case .logarithm: map(x, y, count, logf)
    case .log1p: map(x, y, count, log1pf)
    case .expm1: map(x, y, count, expm1f)
    case .sine: map(x, y, count, sinf)
    case .cosine: map(x, y, count, cosf)
    case .floor: map(x, y, count) { $0.rounded(.down) }
    case .ceil: map(x, y, count) { $0.rounded(.up) }
    case .round: map(x, y, count) { $0.rounded(.toNearestOrEven) }
    case .sign: map(x, y, count) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
    case .erf: map(x, y, count, erff)
    case .logicalNot: map(x, y, count) { $0 == 0 ? 1 : 0 }
    case .isNaN: map(x, y, count) { $0.isNaN ? 1 : 0 }
    case .affine(let scale, let offset): map(x, y, count) { scale * $0 + offset }
    case .clip(let low, let high): map(x, y, count) { Self.clip($0, low, high) }
    default: assertionFailure("\(self) is not arithmetic")
    }
  }

  @inline(__always)
  private func map(_ x: Source, _ y: Target, _ count: Int, _ function: (Float) -> Float) {
    for index in 0..<count { y[index] = function(x[index]) }
  }

  /// Written so that neither branch overflows.
  @inline(__always)
  private static func sigmoid(_ x: Float) -> Float {
    let exponential = expf(-abs(x))
    return (x >= 0 ? 1 : exponential) / (1 + exponential)
  }

  @inline(__always)
  private static func softplus(_ x: Float) -> Float {
    max(x, 0) + log1pf(expf(-abs(x)))
  }

  @inline(__always)
  private static func clip(_ x: Float, _ low: Float, _ high: Float) -> Float {
    x < low ? low : x > high ? high : x
  }
}
