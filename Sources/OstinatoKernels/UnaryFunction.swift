/// A function of one float, applied to each element on its own.
///
/// Source of the activations: `keras/src/activations/activations.py`.
package enum UnaryFunction: Sendable, Hashable {
  /// `min(x, maximum)` where `x > threshold`, else `slope · (x − threshold)`; 0 there for a slope of 0.
  case relu(slope: Float = 0, maximum: Float = .infinity, threshold: Float = 0)
  /// `x > 0 ? x : alpha · (eˣ − 1)`.
  case elu(alpha: Float)
  /// `scale · elu(x, alpha)` with the two constants of Klambauer et al., 2017.
  case selu
  /// `max(x, 0) + alpha · (e^(min(x, 0)/alpha) − 1)`.
  case celu(alpha: Float)
  /// `x · Φ(x)`, exact or by the tanh approximation.
  case gelu(approximate: Bool)
  case sigmoid
  /// `clip(slope · x + 0.5, 0, 1)`: slope 1/6 in Keras 3, 0.2 in Keras 2.
  case hardSigmoid(slope: Float)
  /// `x · sigmoid(x)`.
  case silu
  /// `x · clip(x/6 + 0.5, 0, 1)`.
  case hardSilu
  case tanh
  case hardTanh
  case tanhShrink
  case hardShrink(threshold: Float)
  case softShrink(threshold: Float)
  case softplus
  case softsign
  case squareplus(b: Float)
  case sparsePlus
  case sparseSigmoid
  case logSigmoid
  case mish
  /// `x > threshold ? x : value`.
  case threshold(Float, value: Float)
  case exponential
  case negate
  case absolute
  case square
  case squareRoot
  case reciprocalSquareRoot
  case reciprocal
  case logarithm
  case log1p
  case expm1
  case log2
  case log10
  case sine
  case cosine
  case tangent
  case hyperbolicSine
  case hyperbolicCosine
  case arcsine
  case arccosine
  case arctangent
  case areaSine
  case areaCosine
  case areaTangent
  case floor
  case ceil
  /// To the nearest integer, ties to even.
  case round
  case sign
  case erf
  /// `1 − erf x`, exact in the tail.
  case erfc
  case inverseErf
  /// The modified Bessel function of the first kind, of order 0.
  case besselI0
  case cubeRoot
  case exp2
  /// `sin πx / πx`, 1 at 0.
  case sinc
  /// Towards zero.
  case truncate
  /// 1 where the sign bit is set, also that of a zero.
  case signBit
  /// 1 where `x` is 0, else 0.
  case logicalNot
  case isNaN
  case isFinite
  case isInfinite
  /// `scale · x + offset`.
  case affine(scale: Float, offset: Float)
  case clip(Float, Float)

  /// `min(max(x, 0), 6)`.
  package static let relu6 = UnaryFunction.relu(maximum: 6)
}
