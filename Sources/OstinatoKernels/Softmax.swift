import CKernels

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
  /// A projection onto the simplex with zeros in it (after Martins and Astudillo, 2016).
  case sparsemax

  /// Applies to `rows` rows of `n` elements. `x` and `y` may be the same.
  package func apply(_ x: Source, _ y: Target, rows: Range<Int>, n: Int) {
    guard n > 0 else { return }
    if self == .softmax {
      ck_softmax_f32(x + rows.lowerBound * n, y + rows.lowerBound * n, rows.count, n)
      return
    }
    for row in rows {
      let (input, output) = (x + row * n, y + row * n)
      if self == .logSoftmax { logSoftmax(input, output, n) } else { sparsemax(input, output, n) }
    }
  }

  private func logSoftmax(_ x: Source, _ y: Target, _ n: Int) {
    let peak = maximum(x, n)
    var sum: Float = 0
    for index in 0..<n { sum += expf(x[index] - peak) }
    let shift = peak + logf(sum)
    for index in 0..<n { y[index] = x[index] - shift }
  }

  /// Keras' threshold is τ = (Σ cᵢ − 1) / k over the k sorted elements of the support, where cᵢ is the sum of the first
  /// i; the paper has the last cᵢ alone in its place. What models were trained with is Keras' form.
  private func sparsemax(_ x: Source, _ y: Target, _ n: Int) {
    let sorted = UnsafeBufferPointer(start: x, count: n).sorted(by: >)
    var (sum, support, supportSum): (Float, Float, Float) = (0, 0, 0)
    for (index, value) in sorted.enumerated() {
      sum += value
      guard value - (sum - 1) / Float(index + 1) > 0 else { continue }
      support += 1
      supportSum += sum
    }
    let threshold = (supportSum - 1) / support
    for index in 0..<n { y[index] = max(x[index] - threshold, 0) }
  }

  private func maximum(_ x: Source, _ n: Int) -> Float {
    var peak = x[0]
    for index in 0..<n where x[index] > peak || x[index].isNaN { peak = x[index] }
    return peak
  }
}
