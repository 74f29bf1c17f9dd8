import CKernels

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

/// A convolution of each channel with its own kernel for output pixels `pixels`, over the offsets of one image's windows.
///
/// - Parameters:
///   - x: the input of `window`.
///   - kernel: `(taps, channels)`.
///   - y: `(pixels, channels)`.
package func indirectDepthwise(
  _ window: Window, _ table: OffsetTable, pixels: Range<Int>, from x: Source, kernel: Source, to y: Target,
  epilogue: Epilogue
) {
  let channels = window.channels
  let imageSize = window.input.x * window.input.y * window.input.z * channels
  table.offsets.withUnsafeBufferPointer { offsets in
    guard let offsets = offsets.baseAddress else { return }
    for part in pixels.split(by: window.outputCells) {
      let (image, first) = part.lowerBound.quotientAndRemainder(dividingBy: window.outputCells)
      let c = y + part.lowerBound * channels
      epilogue.dropping(rows: part.lowerBound, ldc: channels).around(c, rows: part.count, n: channels, ldc: channels) {
        ck_depthwise_f32(
          part.count, channels, table.taps, x + image * imageSize, offsets + first * table.taps, kernel, c, channels, $0
        )
      }
    }
  }
}
