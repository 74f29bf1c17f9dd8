import CKernels

/// A 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3) (Lavin and Gray, 2016): a quarter of the multiplications, at
/// about twice the rounding error of a direct sum.
package struct WinogradConvolution: Sendable, Hashable {
  private let height: Int
  private let width: Int
  private let channels: Int
  private let filters: Int
  private let outHeight: Int
  private let outWidth: Int
  private let padTop: Int
  private let padLeft: Int

  package init(_ window: Window, filters: Int) {
    (height, width, channels) = (window.input.y, window.input.z, window.channels)
    (outHeight, outWidth) = (window.output.y, window.output.z)
    (padTop, padLeft) = (window.padding.y, window.padding.z)
    self.filters = filters
  }

  /// Rows of 4×4 output tiles of one image.
  package var tileRows: Int { (outHeight + 3) / 4 }
  /// Floats of one input and one output image.
  package var imageSize: (input: Int, output: Int) {
    (height * width * channels, outHeight * outWidth * filters)
  }
  /// Floats of scratch that a run needs.
  package var workspace: Int { ck_conv3x3_workspace_f32(channels, filters) }

  /// Floats of the prepared kernel.
  package static func packedSize(channels: Int, filters: Int) -> Int { ck_conv3x3_packed_size_f32(channels, filters) }

  /// Prepares a kernel `(3, 3, channels, filters)`.
  package static func pack(channels: Int, filters: Int, kernel: Source, into packed: Target) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: channels * filters) { scratch in
      ck_conv3x3_pack_f32(channels, filters, kernel, packed, scratch.baseAddress)
    }
  }

  /// Computes tile rows `rows` of one image.
  package func run(
    rows: Range<Int>, image: Source, packed: Source, to c: Target, epilogue: Epilogue, workspace: Target
  ) {
    var problem = ck_conv3x3(
      height: height, width: width, channels: channels, out_height: outHeight, out_width: outWidth, filters: filters,
      pad_top: padTop, pad_left: padLeft)
    let firstPixel = rows.lowerBound * 4 * outWidth
    let pixels = min(rows.upperBound * 4, outHeight) * outWidth - firstPixel
    epilogue.around(c + firstPixel * filters, rows: pixels, n: filters, ldc: filters) {
      ck_conv3x3_f32(&problem, rows.lowerBound, rows.upperBound, image, packed, c, filters, $0, workspace)
    }
  }
}
