#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The number whose error function is `value`: Winitzki's approximation, then two steps of Newton's method in double
/// precision.
func inverseErf(_ value: Float) -> Float {
  guard abs(value) < 1 else { return abs(value) == 1 ? value * .infinity : .nan }
  let target = Double(value)
  let spread = 0.147
  let logarithm = log1p(-target * target)
  let half = 2 / (Double.pi * spread) + logarithm / 2
  let square: Double = half * half - logarithm / spread
  var x = (square.squareRoot() - half).squareRoot() * (target < 0 ? -1 : 1)
  for _ in 0..<2 {
    let slope = 2 / Double.pi.squareRoot() * exp(-x * x)
    x -= (erf(x) - target) / slope
  }
  return Float(x)
}

/// The modified Bessel function of the first kind, of order 0: its power series in double precision.
func besselI0(_ x: Float) -> Float {
  let quarter = Double(x) * Double(x) / 4
  var (sum, term, index) = (1.0, 1.0, 1.0)
  while term > sum * 1e-12 && sum.isFinite {
    term *= quarter / (index * index)
    sum += term
    index += 1
  }
  return Float(sum)
}
