import CKernels

/// A convolution of one or two spatial axes, line by line of the output, over weights packed as one `(taps · channels,
/// filters)` matrix. Patches are neither copied nor looked up: a pixel reads a few runs of the image at regular
/// distances, so the last axis must have no padding.
package struct LineConvolution: Sendable {
  private let window: Window
  private let filters: Int
  /// Lines of the kernel, and floats of each that are neighbours in memory.
  private let kernelLines: Int
  private let run: Int
  /// Whether the lines are the taps of a dilated kernel along the only axis, rather than those of the axis before.
  private let isDilated: Bool

  /// - Precondition: no output pixel reads beyond the ends of a line.
  package init(_ window: Window, filters: Int) {
    let span = (window.output.z - 1) * window.strides.z + (window.kernel.z - 1) * window.dilation.z + 1
    precondition(window.padding.z == 0 && span <= window.input.z, "a line convolution over padding")
    self.window = window
    self.filters = filters
    isDilated = window.dilation.z > 1
    kernelLines = isDilated ? window.kernel.z : window.kernel.y
    run = isDilated ? window.channels : window.kernel.z * window.channels
  }

  /// Pixels that one unit computes: a part of a line that leaves its inputs in the first cache.
  private static let segment = 96

  private var segmentsPerLine: Int { (window.output.z + Self.segment - 1) / Self.segment }
  private var unitsPerImage: Int { window.output.y * segmentsPerLine }
  /// Pieces of work: parts of output lines.
  package var units: Int { window.batch * unitsPerImage }

  /// Computes `units` of the output `y` of `(pixels, filters)` from the whole input `x`.
  package func run(
    _ units: Range<Int>, from x: Source, packed: Source, to y: Target, epilogue: Epilogue
  ) {
    guard !units.isEmpty else { return }
    let (first, end) = (pixels(of: units.lowerBound).lowerBound, pixels(of: units.upperBound - 1).upperBound)
    epilogue.dropping(rows: first, ldc: filters).around(
      y + first * filters, rows: end - first, n: filters, ldc: filters
    ) { shared in
      var inner = shared.pointee
      for unit in units {
        let pixels = pixels(of: unit)
        inner.residual = shared.pointee.residual.map { $0 + (pixels.lowerBound - first) * filters }
        compute(pixels, x, packed, y + pixels.lowerBound * filters, &inner)
      }
    }
  }

  /// The output pixels of a unit, counted over the whole batch.
  private func pixels(of unit: Int) -> Range<Int> {
    let (line, segment) = unit.quotientAndRemainder(dividingBy: segmentsPerLine)
    let first = line * window.output.z
    let start = segment * Self.segment
    return first + start..<first + min(start + Self.segment, window.output.z)
  }

  /// Neighbouring pixels of one output line.
  private func compute(
    _ pixels: Range<Int>, _ x: Source, _ packed: Source, _ y: Target, _ epilogue: UnsafePointer<ck_epilogue>
  ) {
    let (row, start) = window.origin(ofPixel: pixels.lowerBound)
    let lineSize = window.input.z * window.channels
    let taps = isDilated ? 0..<kernelLines : window.validTaps(1, from: start.y)
    let line = isDilated ? row : row * window.input.y + start.y + taps.lowerBound * window.dilation.y
    var lines = ck_conv_lines(
      kernel_lines: kernelLines, first_line: taps.lowerBound, lines: taps.count, run: run,
      line_stride: isDilated ? window.dilation.z * window.channels : window.dilation.y * lineSize,
      lda: window.strides.z * window.channels)
    ck_conv_lines_f32(
      &lines, pixels.count, filters, x + line * lineSize + start.z * window.channels, packed, y, filters, epilogue)
  }
}
