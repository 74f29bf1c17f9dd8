import CKernels

/// How a row is brought to a common size, with sums in double precision over blocks of the row.
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
      var rescaling = rescaling(x + row * n, n)
      (rescaling.gamma, rescaling.beta) = (gamma, beta)
      ck_rescale_f32(x + row * n, y + row * n, n, &rescaling)
    }
  }

  private func rescaling(_ x: Source, _ n: Int) -> ck_rescaling {
    switch self {
    case .standard(let epsilon):
      let moments = CentralMoments(x, n)
      let scale = Self.inverse(moments.variance + Double(epsilon))
      return ck_rescaling(
        center: moments.center, scale: scale, shift: Float(-moments.offset) * scale, gamma: nil, beta: nil)
    case .deviation(let epsilon):
      return Self.multiple(Self.inverse(CentralMoments(x, n).variance + Double(epsilon)))
    case .rootMeanSquare(let epsilon):
      return Self.multiple(Self.inverse(Moments(x, n).squares / Double(n) + Double(epsilon)))
    case .length(let floor):
      return Self.multiple(Self.inverse(max(Moments(x, n).squares, Double(floor) * Double(floor))))
    }
  }

  private static func multiple(_ scale: Float) -> ck_rescaling {
    ck_rescaling(center: 0, scale: scale, shift: 0, gamma: nil, beta: nil)
  }

  private static func inverse(_ square: Double) -> Float { Float(1 / square.squareRoot()) }
}

/// Sums over a row's distances from a center, and over their squares.
private struct Moments {
  var sum = 0.0
  var squares = 0.0

  /// Adds up blocks that are short enough for sums in single precision.
  init(_ x: Source, _ n: Int, from center: Float = 0) {
    var first = 0
    while first < n {
      let moments = ck_moments_f32(x + first, min(Self.block, n - first), center)
      sum += Double(moments.sum)
      squares += Double(moments.squares)
      first += Self.block
    }
  }

  private static let block = 2048
}

/// A row's mean, in two parts, and its variance.
///
/// The mean of single-precision sums is only near the row's own, which is `offset` further: where a row's values are
/// alike and far from zero, a part in a million of their size is much of their deviation.
private struct CentralMoments {
  let center: Float
  let offset: Double
  let variance: Double

  init(_ x: Source, _ n: Int) {
    center = Float(Moments(x, n).sum / Double(n))
    let moments = Moments(x, n, from: center)
    offset = moments.sum / Double(n)
    variance = max(moments.squares / Double(n) - offset * offset, 0)
  }
}
