import CKernels

/// A convolution of stride 1 along one axis, be it one of several, by the method of Toom and Cook (Winograd's in one
/// dimension), for 4 outputs at a time, at about twice the rounding error of a direct sum.
package struct LineWinogradConvolution: Sendable {
  private let problem: ck_conv1d

  /// Along an axis that others follow, a tap is as many cells further on as these have: the kernel is dilated.
  /// - Precondition: the window is one cell along the other axes, moves cell by cell, and pads no other axis.
  package init(_ window: Window, filters: Int) {
    let axis = (0..<3).first { window.kernel[$0] > 1 } ?? 2
    func cells(_ axes: Range<Int>) -> Int { axes.reduce(1) { $0 * window.output[$1] } }
    let inner = cells(axis + 1..<3)
    problem = ck_conv1d(
      lines: window.batch * cells(0..<axis), length: window.input[axis] * inner, channels: window.channels,
      out_length: window.output[axis] * inner, filters: filters, taps: window.kernel[axis],
      dilation: window.dilation[axis] * inner, pad: window.padding[axis] * inner)
  }

  /// Pieces of work.
  package var units: Int { withUnsafePointer(to: problem) { ck_conv1d_units_f32($0) } }
  /// Floats of scratch that a run needs.
  package var workspace: Int { withUnsafePointer(to: problem) { ck_conv1d_workspace_f32($0) } }

  /// Products of a channel and a filter in 4 outputs, where a direct sum has 4 for each tap: n + 3 for a group of n taps.
  package static func products(taps: Int) -> Int {
    let group = ck_conv1d_group(taps)
    return (taps + group - 1) / group * (group + 3)
  }

  /// Floats of the prepared kernel.
  package static func packedSize(taps: Int, channels: Int, filters: Int) -> Int {
    ck_conv1d_packed_size_f32(taps, channels, filters)
  }

  /// Prepares a kernel `(taps, channels, filters)`.
  package static func pack(taps: Int, channels: Int, filters: Int, kernel: Source, into packed: Target) {
    ck_conv1d_pack_f32(taps, channels, filters, kernel, packed)
  }

  /// Computes `units` of the output `y` of `(lines, outputs, filters)` from the whole input `x`.
  /// - Precondition: the epilogue's activation ``UnaryFunction/isFused``.
  package func run(
    _ units: Range<Int>, from x: Source, packed: Source, to y: Target, epilogue: Epilogue, workspace: Target
  ) {
    epilogue.around(y, rows: 0, n: 0, ldc: problem.filters) { epilogue in
      withUnsafePointer(to: problem) {
        ck_conv1d_f32($0, units.lowerBound, units.upperBound, x, packed, y, problem.filters, epilogue, workspace)
      }
    }
  }
}
