/// How a row is brought to a common size, in two passes and with sums in double precision.
package enum RowNormalization: Sendable, Hashable {
  /// `(x − mean) / √(variance + epsilon)`.
  case standard(epsilon: Float)
  /// `x / √(variance + epsilon)`: what Keras' LayerNormalization calls RMS scaling.
  case deviation(epsilon: Float)
  /// `x / √(mean of x² + epsilon)`.
  case rootMeanSquare(epsilon: Float)
  /// `x / max(√(sum of x²), floor)`.
  case length(floor: Float)

  /// Applies to `rows` rows of `n` elements. `x` and `y` may be the same.
  package func apply(_ x: Source, _ y: Target, rows: Range<Int>, n: Int) {
    guard n > 0 else { return }
    for row in rows {
      let (input, output) = (x + row * n, y + row * n)
      let (shift, scale) = shiftAndScale(input, n)
      for index in stride(from: 0, to: n.wholeLanes, by: Lanes.scalarCount) {
        (output + index).store(((input + index).lanes - shift) * scale)
      }
      for index in n.wholeLanes..<n { output[index] = (input[index] - shift) * scale }
    }
  }

  private func shiftAndScale(_ x: Source, _ n: Int) -> (shift: Float, scale: Float) {
    switch self {
    case .standard(let epsilon):
      let mean = Self.mean(x, n)
      return (Float(mean), Self.inverse(Self.squares(x, n, around: mean) / Double(n) + Double(epsilon)))
    case .deviation(let epsilon):
      let variance = Self.squares(x, n, around: Self.mean(x, n)) / Double(n)
      return (0, Self.inverse(variance + Double(epsilon)))
    case .rootMeanSquare(let epsilon):
      return (0, Self.inverse(Self.squares(x, n, around: 0) / Double(n) + Double(epsilon)))
    case .length(let floor):
      return (0, Self.inverse(max(Self.squares(x, n, around: 0), Double(floor) * Double(floor))))
    }
  }

  private static func mean(_ x: Source, _ n: Int) -> Double {
    var sums = SIMD8<Double>()
    for index in stride(from: 0, to: n.wholeLanes, by: Lanes.scalarCount) { sums += SIMD8((x + index).lanes) }
    var sum = sums.sum()
    for index in n.wholeLanes..<n { sum += Double(x[index]) }
    return sum / Double(n)
  }

  private static func squares(_ x: Source, _ n: Int, around center: Double) -> Double {
    var sums = SIMD8<Double>()
    for index in stride(from: 0, to: n.wholeLanes, by: Lanes.scalarCount) {
      let distances = SIMD8<Double>((x + index).lanes) - center
      sums += distances * distances
    }
    var sum = sums.sum()
    for index in n.wholeLanes..<n {
      let distance = Double(x[index]) - center
      sum += distance * distance
    }
    return sum
  }

  private static func inverse(_ square: Double) -> Float { Float(1 / square.squareRoot()) }
}
