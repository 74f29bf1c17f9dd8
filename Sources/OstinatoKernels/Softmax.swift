#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a row of scores becomes a row of weights.
package enum RowFunction: String, Sendable, Hashable {
  /// `e^(x − max) / Σ e^(x − max)`.
  case softmax
  /// `x − max − log Σ e^(x − max)`.
  case logSoftmax
  /// The Euclidean projection onto the simplex (Martins and Astudillo, 2016).
  case sparsemax

  /// Applies to `rows` rows of `n` elements. `x` and `y` may be the same.
  package func apply(_ x: Source, _ y: Target, rows: Range<Int>, n: Int) {
    guard n > 0 else { return }
    for row in rows {
      let (input, output) = (x + row * n, y + row * n)
      switch self {
      case .softmax: softmax(input, output, n)
      case .logSoftmax: logSoftmax(input, output, n)
      case .sparsemax: sparsemax(input, output, n)
      }
    }
  }

  private func softmax(_ x: Source, _ y: Target, _ n: Int) {
    let peak = maximum(x, n)
    var sum: Float = 0
    for index in 0..<n {
      y[index] = expf(x[index] - peak)
      sum += y[index]
    }
    for index in 0..<n { y[index] /= sum }
  }

  private func logSoftmax(_ x: Source, _ y: Target, _ n: Int) {
    let peak = maximum(x, n)
    var sum: Float = 0
    for index in 0..<n { sum += expf(x[index] - peak) }
    let shift = peak + logf(sum)
    for index in 0..<n { y[index] = x[index] - shift }
  }

  /// Finds the threshold τ with `Σ max(x − τ, 0) = 1`.
  private func sparsemax(_ x: Source, _ y: Target, _ n: Int) {
    let sorted = UnsafeBufferPointer(start: x, count: n).sorted(by: >)
    var (sum, support, supportSum): (Float, Int, Float) = (0, 0, 0)
    for (index, value) in sorted.enumerated() {
      sum += value
      if 1 + Float(index + 1) * value > sum { (support, supportSum) = (index + 1, sum) }
    }
    let threshold = (supportSum - 1) / Float(support)
    for index in 0..<n { y[index] = max(x[index] - threshold, 0) }
  }

  private func maximum(_ x: Source, _ n: Int) -> Float {
    var peak = x[0]
    for index in 0..<n where x[index] > peak || x[index].isNaN { peak = x[index] }
    return peak
  }
}
