import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension UnaryFunction {
  /// `y[i] = f(x[i])`, by a C kernel where there is one, for `i` in `0..<count`. `x` and `y` may be the same.
  package func apply(_ x: Source, _ y: Target, count: Int) {
    if let activation = kernelActivation {
      ck_activate_f32(x, y, count, activation)
      return
    }
    switch self {
    case .relu(slope: 0, let maximum, let threshold):
      map(x, y, count) { $0 > threshold ? min($0, maximum) : $0.isNaN ? $0 : 0 }
    case .relu(let slope, let maximum, let threshold):
      map(x, y, count) { $0 > threshold ? min($0, maximum) : slope * ($0 - threshold) }
    case .celu(let alpha): map(x, y, count) { max($0, 0) + alpha * expm1f(min($0, 0) / alpha) }
    case .hardTanh: map(x, y, count) { Self.clip($0, -1, 1) }
    case .tanhShrink: map(x, y, count) { $0 - tanhf($0) }
    case .hardShrink(let threshold): map(x, y, count) { abs($0) > threshold ? $0 : 0 }
    case .softShrink(let threshold):
      map(x, y, count) { $0 > threshold ? $0 - threshold : $0 < -threshold ? $0 + threshold : 0 }
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
    case .logicalNot: map(x, y, count) { $0 == 0 ? 1 : 0 }
    case .isNaN: map(x, y, count) { $0.isNaN ? 1 : 0 }
    case .affine(let scale, let offset): map(x, y, count) { scale * $0 + offset }
    case .isFinite: map(x, y, count) { $0.isFinite ? 1 : 0 }
    case .isInfinite: map(x, y, count) { $0.isInfinite ? 1 : 0 }
    default: applyTranscendental(x, y, count)
    }
  }

  private func applyTranscendental(_ x: Source, _ y: Target, _ count: Int) {
    switch self {
    case .log2: map(x, y, count, log2f)
    case .log10: map(x, y, count, log10f)
    case .tangent: map(x, y, count, tanf)
    case .hyperbolicSine: map(x, y, count, sinhf)
    case .hyperbolicCosine: map(x, y, count, coshf)
    case .arcsine: map(x, y, count, asinf)
    case .arccosine: map(x, y, count, acosf)
    case .arctangent: map(x, y, count, atanf)
    case .areaSine: map(x, y, count, asinhf)
    case .areaCosine: map(x, y, count, acoshf)
    case .areaTangent: map(x, y, count, atanhf)
    case .erfc: map(x, y, count, erfcf)
    case .inverseErf: map(x, y, count, OstinatoKernels.inverseErf)
    case .besselI0: map(x, y, count, OstinatoKernels.besselI0)
    case .cubeRoot: map(x, y, count, cbrtf)
    case .exp2: map(x, y, count, exp2f)
    case .sinc: map(x, y, count) { $0 == 0 ? 1 : sinf(.pi * $0) / (.pi * $0) }
    case .truncate: map(x, y, count) { $0.rounded(.towardZero) }
    case .signBit: map(x, y, count) { $0.sign == .minus ? 1 : 0 }
    default: assertionFailure("\(self) is not arithmetic")
    }
  }

  @inline(__always)
  private func map(_ x: Source, _ y: Target, _ count: Int, _ function: (Float) -> Float) {
    for index in 0..<count { y[index] = function(x[index]) }
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
