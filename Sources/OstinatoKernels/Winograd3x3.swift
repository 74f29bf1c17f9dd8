import CKernels

/// A 3×3 convolution of stride 1 by Winograd's method (Lavin and Gray, 2016) in tiles of 4×4 or 2×2 outputs: a quarter of
/// the multiplications at about three times the rounding error of a direct sum, or 4/9 of them at no more than its error.
package struct WinogradConvolution: Sendable, Hashable {
  private let tile: Int
  private let batch: Int
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
    (batch, channels) = (window.batch, window.channels)
    (height, width) = (window.input.y, window.input.z)
    (outHeight, outWidth) = (window.output.y, window.output.z)
    (padTop, padLeft) = (window.padding.y, window.padding.z)
    self.filters = filters
  }

  private var rowsPerImage: Int { (outHeight + tile - 1) / tile }
  /// Tiles of a row of them, as wide as the output.
  package var tilesPerRow: Int { (outWidth + tile - 1) / tile }
  /// Tiles of the batch, counted row by row.
  package var tiles: Int { batch * rowsPerImage * tilesPerRow }
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

  /// Computes filters `columns` of some tiles. Columns other than all begin and end at multiples of 64, but for the last.
  /// - Precondition: the tiles are whole rows unless the epilogue's activation ``UnaryFunction/isFused``.
  package func run(
    tiles: Range<Int>, columns: Range<Int>, from x: Source, packed: Source, to c: Target, epilogue: Epilogue,
    workspace: Target
  ) {
    var problem = ck_conv3x3(
      tile: tile, height: height, width: width, channels: channels, out_height: outHeight, out_width: outWidth,
      filters: filters, pad_top: padTop, pad_left: padLeft)
    let part = ck_conv3x3_part(
      first_tile: tiles.lowerBound, end_tile: tiles.upperBound, first_filter: columns.lowerBound,
      end_filter: columns.upperBound)
    let (first, end) = (firstPixel(ofRowWith: tiles.lowerBound), firstPixel(ofRowWith: tiles.upperBound))
    epilogue.around(
      c + first * filters + columns.lowerBound, rows: end - first, n: columns.count, ldc: filters
    ) {
      ck_conv3x3_f32(&problem, part, x, packed, c, filters, $0, workspace)
    }
  }

  /// The first output pixel of the row that a tile is in, counted over the batch.
  private func firstPixel(ofRowWith number: Int) -> Int {
    let (image, row) = (number / tilesPerRow).quotientAndRemainder(dividingBy: rowsPerImage)
    return (image * outHeight + row * tile) * outWidth
  }
}
