import CKernels

/// A convolution, line by line of the output, over weights packed as one `(taps · channels, filters)` matrix. Patches
/// are neither copied nor looked up: a pixel reads a few runs of the input at regular distances, so the last axis must
/// have no padding, and no dilation unless it is the only one.
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
  private var unitsPerPlane: Int { window.output.y * segmentsPerLine }
  /// Pieces of work: output lines, or parts of long ones.
  package var units: Int { window.batch * window.output.x * unitsPerPlane }

  /// Computes `units` of the output `y` of `(pixels, filters)` from the whole input `x`.
  package func run(
    _ units: Range<Int>, from x: Source, packed: Source, to y: Target, epilogue: Epilogue
  ) {
    for part in units.split(by: unitsPerPlane) {
      let (plane, first) = part.lowerBound.quotientAndRemainder(dividingBy: unitsPerPlane)
      let pixels = pixels(of: first).lowerBound..<pixels(of: first + part.count - 1).upperBound
      let row = plane * window.output.y * window.output.z + pixels.lowerBound
      epilogue.dropping(rows: row, ldc: filters).around(
        y + row * filters, rows: pixels.count, n: filters, ldc: filters
      ) {
        compute(first..<first + part.count, of: plane, x, packed, y + row * filters, $0.pointee)
      }
    }
  }

  /// The output pixels of a unit of one plane.
  private func pixels(of unit: Int) -> Range<Int> {
    let (line, segment) = unit.quotientAndRemainder(dividingBy: segmentsPerLine)
    let first = line * window.output.z
    let start = segment * Self.segment
    return first + start..<first + min(start + Self.segment, window.output.z)
  }

  /// Units of one output plane, whose first output goes to `c`. Whole lines that meet the same lines of the kernel are
  /// computed at once.
  private func compute(
    _ units: Range<Int>, of plane: Int, _ x: Source, _ packed: Source, _ c: Target, _ epilogue: ck_epilogue
  ) {
    let first = pixels(of: units.lowerBound).lowerBound
    var (lines, planes) = planes(seenBy: plane, x)
    var (unit, own) = (units.lowerBound, epilogue)
    while unit < units.upperBound {
      let (pixels, line) = (pixels(of: unit), unit / segmentsPerLine)
      let start = line * window.strides.y - window.padding.y
      let last = segmentsPerLine == 1 ? units.upperBound : line + 1
      let (alike, met) = window.linesAlike(from: line, before: last)
      let taps = isDilated ? 0..<kernelLines : met
      (lines.outputs, lines.first_line, lines.lines) = (alike.count, taps.lowerBound, taps.count)
      let source = isDilated ? 0 : start + taps.lowerBound * window.dilation.y
      let cell = source * window.input.z + (pixels.lowerBound - line * window.output.z) * window.strides.z
      let target = (pixels.lowerBound - first) * filters
      own.residual = epilogue.residual.map { $0 + target }
      ck_conv_lines_f32(
        &lines, pixels.count, filters, planes + cell * window.channels, packed, c + target, filters, &own)
      unit += alike.count
    }
  }

  /// What the lines of an output plane have in common, and the first input plane that they see.
  private func planes(seenBy plane: Int, _ x: Source) -> (ck_conv_lines, Source) {
    let (image, depth) = plane.quotientAndRemainder(dividingBy: window.output.x)
    let start = depth * window.strides.x - window.padding.x
    let taps = window.validTaps(0, from: start)
    let lineSize = window.input.z * window.channels
    let planeSize = window.input.y * lineSize
    let lines = ck_conv_lines(
      outputs: 0, kernel_planes: window.kernel.x, kernel_lines: kernelLines, first_plane: taps.lowerBound,
      planes: taps.count, first_line: 0, lines: 0, run: run, plane_stride: window.dilation.x * planeSize,
      line_stride: isDilated ? window.dilation.z * window.channels : window.dilation.y * lineSize,
      lda: window.strides.z * window.channels, step: window.strides.y * lineSize)
    let first = taps.isEmpty ? 0 : start + taps.lowerBound * window.dilation.x
    return (lines, x + (image * window.input.x + first) * planeSize)
  }
}
