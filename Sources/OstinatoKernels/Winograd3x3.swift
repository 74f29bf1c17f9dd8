import CKernels

/// A 3×3 convolution of stride 1 by Winograd's method (Lavin and Gray, 2016) in tiles of 4×4 or 2×2 outputs: a quarter of
/// the multiplications at about three times the rounding error of a direct sum, or 4/9 of them at no more than its error.
package struct WinogradConvolution: Sendable, Hashable {
  private let tile: Int
  private let height: Int
  private let width: Int
  private let channels: Int
  private let filters: Int
  private let outHeight: Int
  private let outWidth: Int
  private let padTop: Int
  private let padLeft: Int

  /// - Parameter tile: the side of a tile, 2 or 4.
  package init(_ window: Window, filters: Int, tile: Int) {
    self.tile = tile
    (height, width, channels) = (window.input.y, window.input.z, window.channels)
    (outHeight, outWidth) = (window.output.y, window.output.z)
    (padTop, padLeft) = (window.padding.y, window.padding.z)
    self.filters = filters
  }

  /// Rows of output tiles of one image.
  package var tileRows: Int { (outHeight + tile - 1) / tile }
  /// Tiles of one image.
  package var tiles: Int { tileRows * ((outWidth + tile - 1) / tile) }
  /// Floats of one input and one output image.
  package var imageSize: (input: Int, output: Int) {
    (height * width * channels, outHeight * outWidth * filters)
  }
  /// Floats of scratch that a run needs.
  package var workspace: Int { ck_conv3x3_workspace_f32(tile, channels, filters) }

  /// Floats of the prepared kernel.
  package static func packedSize(tile: Int, channels: Int, filters: Int) -> Int {
    ck_conv3x3_packed_size_f32(tile, channels, filters)
  }

  /// Prepares a kernel `(3, 3, channels, filters)`.
  package static func pack(tile: Int, channels: Int, filters: Int, kernel: Source, into packed: Target) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: channels * filters) { scratch in
      ck_conv3x3_pack_f32(tile, channels, filters, kernel, packed, scratch.baseAddress)
    }
  }

  /// Computes filters `columns` of tile rows `rows` of one image. Columns other than all begin and end at multiples of
  /// 64, but for the last.
  package func run(
    rows: Range<Int>, columns: Range<Int>, image: Source, packed: Source, to c: Target, epilogue: Epilogue,
    workspace: Target
  ) {
    var problem = ck_conv3x3(
      tile: tile, height: height, width: width, channels: channels, out_height: outHeight, out_width: outWidth,
      filters: filters, pad_top: padTop, pad_left: padLeft)
    let part = ck_conv3x3_part(
      first_row: rows.lowerBound, end_row: rows.upperBound, first_filter: columns.lowerBound,
      end_filter: columns.upperBound)
    let firstPixel = rows.lowerBound * tile * outWidth
    let pixels = min(rows.upperBound * tile, outHeight) * outWidth - firstPixel
    let first = c + firstPixel * filters + columns.lowerBound
    epilogue.around(first, rows: pixels, n: columns.count, ldc: filters) {
      ck_conv3x3_f32(&problem, part, image, packed, c, filters, $0, workspace)
    }
  }
}
