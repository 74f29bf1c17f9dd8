/// Copies the patches of output pixels `pixels` into rows of `(taps · width)` floats, zeros where a tap is padding.
///
/// - Parameters:
///   - x: the input of `window`, offset to the first of the wanted channels.
///   - width: how many channels of each tap are copied: all, or one group's.
package func im2col(_ window: Window, pixels: Range<Int>, width: Int, from x: Source, to rows: Target) {
  let rowLength = window.taps * width
  for (index, pixel) in pixels.enumerated() {
    let target = rows + index * rowLength
    let (row, start) = window.origin(ofPixel: pixel)
    let end = start &+ (window.kernel &- .one) &* window.dilation
    let isInside = all(start .>= .zero) && all(end .< window.input)
    if !isInside { target.update(repeating: 0, count: rowLength) }
    window.forEachValidTap(row: row, start: start) { tap, offset in
      (target + tap * width).update(from: x + offset, count: width)
    }
  }
}
