/// A convolution of each channel with its own `multiplier` kernels, for output pixels `pixels`.
///
/// - Parameters:
///   - x: the input of `window`.
///   - kernel: `(taps, channels · multiplier)`.
///   - y: `(pixels, channels · multiplier)`.
package func depthwise(
  _ window: Window, multiplier: Int, pixels: Range<Int>, from x: Source, kernel: Source, to y: Target
) {
  let filters = window.channels * multiplier
  for pixel in pixels {
    let target = y + pixel * filters
    let (row, start) = window.origin(ofPixel: pixel)
    target.update(repeating: 0, count: filters)
    window.forEachValidTap(row: row, start: start) { tap, offset in
      let (cell, weights) = (x + offset, kernel + tap * filters)
      if multiplier == 1 {
        for filter in 0..<filters { target[filter] += cell[filter] * weights[filter] }
      } else {
        for filter in 0..<filters { target[filter] += cell[filter / multiplier] * weights[filter] }
      }
    }
  }
}
