import CKernels

/// A convolution of stride 1 along one axis by the method of Toom and Cook (Winograd's in one dimension): taps in groups
/// of four, 7 products for every 16 of a direct sum, at about twice its rounding error.
package struct LineWinogradConvolution: Sendable {
  private let problem: ck_conv1d

  package init(_ window: Window, filters: Int) {
    problem = ck_conv1d(
      lines: window.batch, length: window.input.z, channels: window.channels, out_length: window.output.z,
      filters: filters, taps: window.kernel.z, dilation: window.dilation.z, pad: window.padding.z)
  }

  /// Pieces of work.
  package var units: Int { withUnsafePointer(to: problem) { ck_conv1d_units_f32($0) } }
  /// Floats of scratch that a run needs.
  package var workspace: Int { withUnsafePointer(to: problem) { ck_conv1d_workspace_f32($0) } }

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
