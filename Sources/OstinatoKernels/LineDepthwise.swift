import CKernels

/// A depthwise convolution of one filter per channel over images. Output pixels that are neighbours in a line share the
/// cells that they read; those whose windows reach over the ends of a line look their cells up.
package struct LineDepthwise: Sendable {
  private let window: Window
  /// The output columns whose windows lie inside a line of the image.
  private let inner: Range<Int>
  /// The other columns, with the offsets of their cells line by line.
  private let outer: [(column: Int, offsets: [Int32])]

  /// Fewer neighbours do not make up for the columns beside them.
  private static let fewNeighbours = 8

  /// Nil where neighbours cannot share, or are too few.
  package init?(_ window: Window) {
    let (padding, stride, width) = (window.padding.z, window.strides.z, window.kernel.z)
    guard window.kernel.x == 1, window.output.x == 1, window.output.y > 1, window.dilation.z == 1,
      [3, 5, 7].contains(width), [1, 2].contains(stride), window.input.z + padding >= width
    else { return nil }
    let first = (padding + stride - 1) / stride
    let end = min((window.input.z + padding - width) / stride + 1, window.output.z)
    guard end - first >= Self.fewNeighbours else { return nil }
    self.window = window
    inner = first..<end
    let table = OffsetTable(window, channels: window.channels, mergesLines: false)
    outer = (Array(0..<first) + Array(end..<window.output.z)).map { column in
      let pixels = (0..<window.output.y).map { $0 * window.output.z + column }
      return (column, pixels.flatMap { table.offsets[$0 * table.taps..<($0 + 1) * table.taps] })
    }
  }

  /// Pieces of work: lines of the output.
  package var units: Int { window.batch * window.output.y }

  /// Computes lines `units` of `y`, `(pixels, channels)`.
  ///
  /// - Parameters:
  ///   - x: the input of the window.
  ///   - kernel: `(taps, channels)`.
  package func run(_ units: Range<Int>, from x: Source, kernel: Source, to y: Target, epilogue: Epilogue) {
    let (channels, width) = (window.channels, window.output.z)
    for part in units.split(by: window.output.y) {
      let (image, first) = part.lowerBound.quotientAndRemainder(dividingBy: window.output.y)
      let lines = first..<first + part.count
      let base = x + image * window.input.y * window.input.z * channels
      let c = y + part.lowerBound * width * channels
      epilogue.dropping(rows: part.lowerBound * width, ldc: channels).around(
        c, rows: part.count * width, n: channels, ldc: channels
      ) {
        runOuter(lines, base, kernel, c, $0.pointee)
        runInner(lines, base, kernel, c, $0.pointee)
      }
    }
  }

  /// Column by column: a line is one output.
  private func runOuter(_ lines: Range<Int>, _ base: Source, _ kernel: Source, _ c: Target, _ epilogue: ck_epilogue) {
    let (channels, taps) = (window.channels, window.taps)
    var own = epilogue
    own.ldr = window.output.z * channels
    for (column, offsets) in outer {
      own.residual = epilogue.residual.map { $0 + column * channels }
      offsets.withUnsafeBufferPointer { offsets in
        guard let offsets = offsets.baseAddress else { return }
        ck_depthwise_f32(
          lines.count, channels, taps, base, offsets + lines.lowerBound * taps, kernel, c + column * channels,
          window.output.z * channels, &own)
      }
    }
  }

  /// The lines that the whole kernel meets at once, those at the border one by one.
  private func runInner(_ lines: Range<Int>, _ base: Source, _ kernel: Source, _ c: Target, _ epilogue: ck_epilogue) {
    let (channels, stride) = (window.channels, window.strides.y)
    let lineSize = window.input.z * channels
    var (line, own) = (lines.lowerBound, epilogue)
    while line < lines.upperBound {
      let start = line * stride - window.padding.y
      let (alike, taps) = window.linesAlike(from: line, before: lines.upperBound)
      var conv = ck_depthwise_lines(
        outputs: alike.count, pitch: window.output.z, lines: taps.count, width: window.kernel.z,
        stride: window.strides.z, channels: channels, line_stride: window.dilation.y * lineSize,
        step: stride * lineSize)
      let cell =
        (start + taps.lowerBound * window.dilation.y) * window.input.z
        + inner.lowerBound * window.strides.z - window.padding.z
      let target = ((line - lines.lowerBound) * window.output.z + inner.lowerBound) * channels
      own.residual = epilogue.residual.map { $0 + target }
      ck_depthwise_lines_f32(
        &conv, inner.count, base + cell * channels, kernel + taps.lowerBound * window.kernel.z * channels, c + target,
        channels, &own)
      line = alike.upperBound
    }
  }
}
