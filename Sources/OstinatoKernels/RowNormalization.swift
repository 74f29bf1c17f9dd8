import CKernels

/// How a row is brought to a common size, in two passes and with sums in double precision over blocks of the row.
package enum RowNormalization: Sendable, Hashable {
  /// `(x − mean) / √(variance + epsilon)`.
  case standard(epsilon: Float)
  /// `x / √(variance + epsilon)`: what Keras' LayerNormalization calls RMS scaling.
  case deviation(epsilon: Float)
  /// `x / √(mean of x² + epsilon)`.
  case rootMeanSquare(epsilon: Float)
  /// `x / max(√(sum of x²), floor)`.
  case length(floor: Float)

  /// Applies to `rows` rows of `n` elements, then scales and shifts by `n` elements each where those are given. `x` and
  /// `y` may be the same.
  package func apply(_ x: Source, _ y: Target, rows: Range<Int>, n: Int, scale gamma: Source?, shift beta: Source?) {
    guard n > 0 else { return }
    for row in rows {
      let (center, scale) = centerAndScale(x + row * n, n)
      ck_rescale_f32(x + row * n, y + row * n, n, center, scale, gamma, beta)
    }
  }

  private func centerAndScale(_ x: Source, _ n: Int) -> (center: Float, scale: Float) {
    switch self {
    case .standard(let epsilon):
      let mean = Self.mean(x, n)
      return (mean, Self.inverse(Self.squares(x, n, around: mean) / Double(n) + Double(epsilon)))
    case .deviation(let epsilon):
      let variance = Self.squares(x, n, around: Self.mean(x, n)) / Double(n)
      return (0, Self.inverse(variance + Double(epsilon)))
    case .rootMeanSquare(let epsilon):
      return (0, Self.inverse(Self.squares(x, n, around: 0) / Double(n) + Double(epsilon)))
    case .length(let floor):
      return (0, Self.inverse(max(Self.squares(x, n, around: 0), Double(floor) * Double(floor))))
    }
  }

  private static func mean(_ x: Source, _ n: Int) -> Float {
    Float(sum(n) { ck_sum_f32(x + $0, $1) } / Double(n))
  }

  private static func squares(_ x: Source, _ n: Int, around center: Float) -> Double {
    sum(n) { ck_squares_f32(x + $0, $1, center) }
  }

  /// The sum over blocks that are short enough for one in single precision.
  @inline(__always)
  private static func sum(_ n: Int, ofBlock: (_ first: Int, _ count: Int) -> Float) -> Double {
    var (sum, first) = (0.0, 0)
    while first < n {
      sum += Double(ofBlock(first, min(block, n - first)))
      first += block
    }
    return sum
  }

  private static let block = 2048

  private static func inverse(_ square: Double) -> Float { Float(1 / square.squareRoot()) }
}
