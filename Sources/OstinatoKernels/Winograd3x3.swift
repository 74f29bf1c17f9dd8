import CKernels

/// A convolution of stride 1 by 3×3 taps, or by as many in each of some planes of a volume, by Winograd's method (Lavin
/// and Gray, 2016) in tiles of 4×4 or 2×2 outputs of a plane: a quarter of the multiplications at about three times the
/// rounding error of a direct sum, or 4/9 of them at no more than its error.
package struct WinogradConvolution: Sendable {
  private let volumes: Int
  private let problem: ck_conv3x3

  /// - Parameter tile: the side of a tile, 2 or 4.
  package init(_ window: Window, filters: Int, tile: Int) {
    volumes = window.batch
    problem = ck_conv3x3(
      tile: tile, depth: window.input.x, height: window.input.y, width: window.input.z, channels: window.channels,
      out_depth: window.output.x, out_height: window.output.y, out_width: window.output.z, filters: filters,
      kernel_depth: window.kernel.x, pad_front: window.padding.x, pad_top: window.padding.y,
      pad_left: window.padding.z)
  }

  private var rowsPerVolume: Int { (problem.out_height + problem.tile - 1) / problem.tile }
  /// Tiles of a row of them, as wide as the output.
  package var tilesPerRow: Int { (problem.out_width + problem.tile - 1) / problem.tile }
  /// Tiles of the batch, counted row by row, each in all planes of the output.
  package var tiles: Int { volumes * rowsPerVolume * tilesPerRow }
  /// Planes of the output.
  package var planes: Int { problem.out_depth }
  /// Floats of scratch that a run needs.
  package var workspace: Int { withUnsafePointer(to: problem) { ck_conv3x3_workspace_f32($0) } }

  /// Floats of the prepared kernel.
  package static func packedSize(tile: Int, depth: Int, channels: Int, filters: Int) -> Int {
    ck_conv3x3_packed_size_f32(tile, depth, channels, filters)
  }

  /// Prepares a kernel `(depth, 3, 3, channels, filters)`.
  package static func pack(
    tile: Int, depth: Int, channels: Int, filters: Int, kernel: Source, into packed: Target
  ) {
    ck_conv3x3_pack_f32(tile, depth, channels, filters, kernel, packed)
  }

  /// Computes filters `columns` of some tiles. Columns other than all begin and end at multiples of 64, but for the last.
  /// - Precondition: the tiles are whole rows unless the epilogue's activation ``UnaryFunction/isFused``, and there is
  ///   one plane.
  package func run(
    tiles: Range<Int>, columns: Range<Int>, from x: Source, packed: Source, to c: Target, epilogue: Epilogue,
    workspace: Target
  ) {
    let part = ck_conv3x3_part(
      first_tile: tiles.lowerBound, end_tile: tiles.upperBound, first_filter: columns.lowerBound,
      end_filter: columns.upperBound)
    let (filters, first) = (problem.filters, firstPixel(ofRowWith: tiles.lowerBound))
    let end = firstPixel(ofRowWith: tiles.upperBound)
    epilogue.around(
      c + first * filters + columns.lowerBound, rows: end - first, n: columns.count, ldc: filters
    ) { epilogue in
      withUnsafePointer(to: problem) { ck_conv3x3_f32($0, part, x, packed, c, filters, epilogue, workspace) }
    }
  }

  /// The first output pixel of the row that a tile is in, counted over the batch.
  private func firstPixel(ofRowWith number: Int) -> Int {
    let (volume, row) = (number / tilesPerRow).quotientAndRemainder(dividingBy: rowsPerVolume)
    return (volume * problem.out_depth * problem.out_height + row * problem.tile) * problem.out_width
  }
}
