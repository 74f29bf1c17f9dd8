/// The geometry of a window that slides over a channels-last input: convolution and pooling of one, two or three
/// spatial axes, the missing ones of extent 1 in front.
///
/// Input `(batch, d, h, w, channels)`; output `(batch, d′, h′, w′, …)`.
package struct Window: Sendable, Hashable {
  /// Extents of the three spatial axes.
  package typealias Extents = SIMD3<Int>

  package let batch: Int
  package let channels: Int
  package let input: Extents
  package let output: Extents
  package let kernel: Extents
  package let strides: Extents
  package let dilation: Extents
  /// Cells of padding before the first input cell.
  package let padding: Extents

  package init(
    batch: Int, channels: Int, input: Extents, output: Extents, kernel: Extents, strides: Extents,
    dilation: Extents = .one, padding: Extents = .zero
  ) {
    self.batch = batch
    self.channels = channels
    self.input = input
    self.output = output
    self.kernel = kernel
    self.strides = strides
    self.dilation = dilation
    self.padding = padding
  }

  /// Output cells per batch row.
  package var outputCells: Int { output.x * output.y * output.z }
  /// Output cells of the whole batch.
  package var pixels: Int { batch * outputCells }
  /// Cells of the kernel.
  package var taps: Int { kernel.x * kernel.y * kernel.z }
  /// Whether every output cell reads exactly the input cell at its own place.
  package var isIdentity: Bool { taps == 1 && strides == .one && padding == .zero && input == output }

  /// The batch row of an output pixel, and the input position of its window's first cell.
  package func origin(ofPixel pixel: Int) -> (row: Int, start: Extents) {
    let (row, cell) = pixel.quotientAndRemainder(dividingBy: outputCells)
    let (line, z) = cell.quotientAndRemainder(dividingBy: output.z)
    let (x, y) = line.quotientAndRemainder(dividingBy: output.y)
    return (row, Extents(x, y, z) &* strides &- padding)
  }

  /// The taps along `axis` that fall inside the input for a window that starts at `start`.
  @inline(__always)
  package func validTaps(_ axis: Int, from start: Int) -> Range<Int> {
    let step = dilation[axis]
    let first = start >= 0 ? 0 : (-start + step - 1) / step
    let end = start >= input[axis] ? 0 : min(kernel[axis], (input[axis] - 1 - start) / step + 1)
    return first..<max(first, end)
  }

  /// The output lines from `line` on, before `end`, that meet the same lines of the kernel, and which these are.
  func linesAlike(from line: Int, before end: Int) -> (lines: Range<Int>, taps: Range<Int>) {
    func taps(_ line: Int) -> Range<Int> { validTaps(1, from: line * strides.y - padding.y) }
    let first = taps(line)
    if first.count == kernel.y {
      let lastInside = (input.y + padding.y - (kernel.y - 1) * dilation.y - 1) / strides.y
      return (line..<min(end, lastInside + 1), first)
    }
    var next = line + 1
    while next < end, taps(next) == first { next += 1 }
    return (line..<next, first)
  }

  /// Calls `body` with each tap of the window that lies inside the input: its number in the kernel and the offset of
  /// its channels in the input.
  @inline(__always)
  package func forEachValidTap(row: Int, start: Extents, _ body: (_ tap: Int, _ offset: Int) -> Void) {
    for x in validTaps(0, from: start.x) {
      let plane = row * input.x + start.x + x * dilation.x
      for y in validTaps(1, from: start.y) {
        let line = plane * input.y + start.y + y * dilation.y
        for z in validTaps(2, from: start.z) {
          let cell = line * input.z + start.z + z * dilation.z
          body((x * kernel.y + y) * kernel.z + z, cell * channels)
        }
      }
    }
  }
}

extension SIMD3 where Scalar == Int {
  /// `(1, 1, 1)`.
  package static var one: SIMD3<Int> { SIMD3(repeating: 1) }
}

extension Range<Int> {
  /// The range cut where multiples of `size` lie.
  package func split(by size: Int) -> some Sequence<Range<Int>> {
    let (lower, upper) = (lowerBound, upperBound)
    return sequence(first: lower) { ($0 / size + 1) * size }.lazy.prefix { $0 < upper }
      .map { $0..<Swift.min(($0 / size + 1) * size, upper) }
  }
}
