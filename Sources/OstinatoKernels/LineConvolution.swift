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
  /// Pieces of work: output lines, or parts of long ones.
  package var units: Int { window.batch * unitsPerImage }

  /// Computes `units` of the output `y` of `(pixels, filters)` from the whole input `x`.
  package func run(
    _ units: Range<Int>, from x: Source, packed: Source, to y: Target, epilogue: Epilogue
  ) {
    for part in units.split(by: unitsPerImage) {
      let (image, first) = part.lowerBound.quotientAndRemainder(dividingBy: unitsPerImage)
      let pixels = pixels(of: first).lowerBound..<pixels(of: first + part.count - 1).upperBound
      let row = image * window.outputCells + pixels.lowerBound
      epilogue.dropping(rows: row, ldc: filters).around(
        y + row * filters, rows: pixels.count, n: filters, ldc: filters
      ) {
        compute(
          first..<first + part.count, x + image * window.input.y * window.input.z * window.channels, packed,
          y + row * filters, $0.pointee)
      }
    }
  }

  /// The output pixels of a unit of one image.
  private func pixels(of unit: Int) -> Range<Int> {
    let (line, segment) = unit.quotientAndRemainder(dividingBy: segmentsPerLine)
    let first = line * window.output.z
    let start = segment * Self.segment
    return first + start..<first + min(start + Self.segment, window.output.z)
  }

  /// Units of one image, whose first output goes to `c`. Whole lines that meet the same lines of the kernel are computed
  /// at once.
  private func compute(_ units: Range<Int>, _ image: Source, _ packed: Source, _ c: Target, _ epilogue: ck_epilogue) {
    let lineSize = window.input.z * window.channels
    let first = pixels(of: units.lowerBound).lowerBound
    var (unit, own) = (units.lowerBound, epilogue)
    while unit < units.upperBound {
      let (pixels, line) = (pixels(of: unit), unit / segmentsPerLine)
      let start = line * window.strides.y - window.padding.y
      let last = segmentsPerLine == 1 ? units.upperBound : line + 1
      let (alike, met) = window.linesAlike(from: line, before: last)
      let taps = isDilated ? 0..<kernelLines : met
      var lines = ck_conv_lines(
        outputs: alike.count, kernel_lines: kernelLines, first_line: taps.lowerBound, lines: taps.count, run: run,
        line_stride: isDilated ? window.dilation.z * window.channels : window.dilation.y * lineSize,
        lda: window.strides.z * window.channels, step: window.strides.y * lineSize)
      let source = isDilated ? 0 : start + taps.lowerBound * window.dilation.y
      let cell = source * window.input.z + (pixels.lowerBound - line * window.output.z) * window.strides.z
      let target = (pixels.lowerBound - first) * filters
      own.residual = epilogue.residual.map { $0 + target }
      ck_conv_lines_f32(
        &lines, pixels.count, filters, image + cell * window.channels, packed, c + target, filters, &own)
      unit += alike.count
    }
  }
}
