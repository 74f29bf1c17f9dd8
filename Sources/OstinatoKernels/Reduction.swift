#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a line of elements becomes one.
package enum ReductionFunction: String, Sendable, Hashable {
  case sum, mean, maximum, minimum, product
  /// The population variance, by two passes.
  case variance
  case any, all

  /// Reduces the middle axis of `(outer, n, inner)` for `outer` in `rows`: `y` is `(outer, inner)`.
  package func apply(_ x: Source, _ y: Target, rows: Range<Int>, n: Int, inner: Int) {
    for row in rows {
      let (source, target) = (x + row * n * inner, y + row * inner)
      switch self {
      case .sum: fold(source, target, n, inner, 0) { $0 + $1 }
      case .mean:
        fold(source, target, n, inner, 0) { $0 + $1 }
        for index in 0..<inner { target[index] /= Float(n) }
      case .maximum: fold(source, target, n, inner, -.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 }
      case .minimum: fold(source, target, n, inner, .infinity) { $1 < $0 || $1.isNaN ? $1 : $0 }
      case .product: fold(source, target, n, inner, 1) { $0 * $1 }
      case .any: fold(source, target, n, inner, 0) { $0 != 0 || $1 != 0 ? 1 : 0 }
      case .all: fold(source, target, n, inner, 1) { $0 != 0 && $1 != 0 ? 1 : 0 }
      case .variance: variance(source, target, n, inner)
      }
    }
  }

  @inline(__always)
  private func fold(
    _ x: Source, _ y: Target, _ n: Int, _ inner: Int, _ start: Float, _ combine: (Float, Float) -> Float
  ) {
    if inner == 1 {
      y[0] = Self.reduceContiguous(x, n, start, combine)
      return
    }
    y.update(repeating: start, count: inner)
    for step in 0..<n {
      let line = x + step * inner
      for index in 0..<inner { y[index] = combine(y[index], line[index]) }
    }
  }

  /// Eight running values, then one: a fixed order that a compiler can vectorise and that loses less to rounding.
  @inline(__always)
  private static func reduceContiguous(
    _ x: Source, _ n: Int, _ start: Float, _ combine: (Float, Float) -> Float
  ) -> Float {
    var lanes = SIMD8<Float>(repeating: start)
    var index = 0
    while index + 8 <= n {
      for lane in 0..<8 { lanes[lane] = combine(lanes[lane], x[index + lane]) }
      index += 8
    }
    for lane in 0..<(n - index) { lanes[lane] = combine(lanes[lane], x[index + lane]) }
    var result = lanes[0]
    for lane in 1..<8 { result = combine(result, lanes[lane]) }
    return result
  }

  private func variance(_ x: Source, _ y: Target, _ n: Int, _ inner: Int) {
    for index in 0..<inner {
      var (sum, squares) = (0.0, 0.0)
      for step in 0..<n { sum += Double(x[step * inner + index]) }
      let mean = sum / Double(n)
      for step in 0..<n {
        let deviation = Double(x[step * inner + index]) - mean
        squares += deviation * deviation
      }
      y[index] = Float(squares / Double(n))
    }
  }

  /// Whether whole numbers have a whole result: a sum, a product, an extremum.
  package var keepsIntegers: Bool {
    switch self {
    case .sum, .product, .maximum, .minimum: true
    case .mean, .variance, .any, .all: false
    }
  }

  /// The same for whole numbers; sums and products wrap around.
  /// - Precondition: ``keepsIntegers``.
  package func apply(
    _ x: UnsafePointer<Int32>, _ y: UnsafeMutablePointer<Int32>, rows: Range<Int>, n: Int, inner: Int
  ) {
    for row in rows {
      for index in 0..<inner {
        let line = (0..<n).lazy.map { x[(row * n + $0) * inner + index] }
        y[row * inner + index] =
          switch self {
          case .product: line.reduce(1, &*)
          case .maximum: line.max() ?? .min
          case .minimum: line.min() ?? .max
          default: line.reduce(0, &+)
          }
      }
    }
  }
}
