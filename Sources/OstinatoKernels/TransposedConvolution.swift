/// The transpose of a convolution, for lines `lines` of its output along the last spatial axis.
///
/// Each tap of the kernel is one GEMM: a line of the input goes to every `stride`-th cell of a line of the output. A
/// line depends on no other, and is summed in the order of the taps.
///
/// - Parameters:
///   - window: the window of the convolution whose transpose this is. It slides over the *output*, and `window.output`
///     has the extents of the *input*.
///   - channels: channels of the input.
///   - kernel: `(taps, channels, filters)`.
package func convolveTransposed(
  _ window: Window, channels: Int, lines: Range<Int>, from x: Source, kernel: Source, to y: Target
) {
  let filters = window.channels
  for line in lines {
    let (plane, placeY) = line.quotientAndRemainder(dividingBy: window.input.y)
    let (row, placeX) = plane.quotientAndRemainder(dividingBy: window.input.x)
    let target = y + line * window.input.z * filters
    target.update(repeating: 0, count: window.input.z * filters)
    for tapX in 0..<window.kernel.x {
      guard let cellX = window.cell(0, seeing: placeX, through: tapX) else { continue }
      for tapY in 0..<window.kernel.y {
        guard let cellY = window.cell(1, seeing: placeY, through: tapY) else { continue }
        let source = x + ((row * window.output.x + cellX) * window.output.y + cellY) * window.output.z * channels
        for tapZ in 0..<window.kernel.z {
          let tap = (tapX * window.kernel.y + tapY) * window.kernel.z + tapZ
          let shift = tapZ * window.dilation.z - window.padding.z
          let cells = window.cellsOfLine(shiftedBy: shift)
          guard let first = cells.first else { continue }
          gemm(
            m: cells.count, n: filters, k: channels, a: source + first * channels, lda: channels,
            b: kernel + tap * channels * filters, ldb: filters,
            c: target + (first * window.strides.z + shift) * filters, ldc: window.strides.z * filters,
            accumulate: true)
        }
      }
    }
  }
}

extension Window {
  /// The cell along `axis` of the window's output that sees place `place` of its input through tap `tap`, or nil.
  fileprivate func cell(_ axis: Int, seeing place: Int, through tap: Int) -> Int? {
    let distance = place + padding[axis] - tap * dilation[axis]
    guard distance >= 0 else { return nil }
    let (cell, rest) = distance.quotientAndRemainder(dividingBy: strides[axis])
    return rest == 0 && cell < output[axis] ? cell : nil
  }

  /// The cells of a line of the window's output whose places, `stride` apart and shifted, lie inside its input.
  fileprivate func cellsOfLine(shiftedBy shift: Int) -> Range<Int> {
    let first = shift < 0 ? (-shift + strides.z - 1) / strides.z : 0
    let end = shift < input.z ? min(output.z, (input.z - 1 - shift) / strides.z + 1) : 0
    return first..<max(first, end)
  }
}
