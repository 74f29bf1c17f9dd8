import OstinatoKernels
import OstinatoTensors

/// A ``Convolution`` of stride 1 by 3×3 taps, of a volume in each plane of its kernel, by Winograd's method.
struct Winograd3x3<Tile: WinogradTile>: PackedConvolution {
  let name = "winograd conv"
  let sizes: ConvolutionSizes

  /// Most planes of a kernel, which each tile adds to its workspace.
  private static var mostPlanes: Int { 8 }

  /// Whether the method pays: enough channels and filters to fill its products, and a tile that fits.
  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool {
    let geometry = sizes.geometry
    guard geometry.rank >= 2, (geometry.strides + geometry.dilation).allSatisfy({ $0 == 1 }), sizes.groups == 1 else {
      return false
    }
    // In a volume an activation that the kernel does not know would find lines that are not written yet.
    let isFused = geometry.rank == 2 || sizes.epilogue.activation?.isFused ?? true
    return geometry.kernel.suffix(2) == [3, 3] && sizes.kernelDepth <= mostPlanes && isFused
      && min(sizes.channels, sizes.filters) >= 16 && Tile.serves(sizes, output: output.suffix(2))
  }

  /// Filters for each tile from which threads had better transform all patches each than read all weights each.
  private static var manyFilters: Int { 4 }

  static var preparation: String { "winograd \(Tile.side)" }

  static func packedSize(_ sizes: ConvolutionSizes) -> Int {
    WinogradConvolution.packedSize(
      tile: Tile.side, depth: sizes.kernelDepth, channels: sizes.channels, filters: sizes.filters)
  }

  static func pack(_ kernel: Source, _ sizes: ConvolutionSizes, into packed: Target) {
    WinogradConvolution.pack(
      tile: Tile.side, depth: sizes.kernelDepth, channels: sizes.channels, filters: sizes.filters, kernel: kernel,
      into: packed)
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (filters, epilogue) = (sizes.filters, sizes.epilogue)
    let window = sizes.geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let convolution = WinogradConvolution(window, filters: filters, tile: Tile.side)
    // An activation that the kernel does not know takes whole lines of outputs.
    let tilesPerUnit = epilogue.activation?.isFused ?? true ? 1 : convolution.tilesPerRow
    let grid = ProductGrid(
      rows: convolution.tiles / tilesPerUnit, columns: filters,
      splitsColumns: filters > Self.manyFilters * convolution.tiles * convolution.planes)
    return Kernel(
      units: grid.units, scratchBytes: convolution.workspace * DataType.byteCount, leastUnits: grid.units
    ) { operands, units in
      grid.forEachRectangle(in: units) { rows, columns in
        convolution.run(
          tiles: rows.lowerBound * tilesPerUnit..<rows.upperBound * tilesPerUnit, columns: columns,
          from: operands.input(0), packed: operands.input(1), to: operands.output(0),
          epilogue: epilogue.resolve(operands), workspace: operands.scratch)
      }
    }
  }
}

extension ConvolutionSizes {
  /// Planes of the kernel.
  fileprivate var kernelDepth: Int { geometry.rank == 3 ? geometry.kernel[0] : 1 }
}

/// The outputs that ``Winograd3x3`` computes at once, a square.
protocol WinogradTile: Sendable {
  static var side: Int { get }
  /// Whether an output plane has enough such tiles to cut little to waste, and to be worth reading the transformed
  /// weights for.
  static func serves(_ sizes: ConvolutionSizes, output: ArraySlice<Int>) -> Bool
}

/// A quarter of the multiplications, four times the weights.
enum LargeTile: WinogradTile {
  static let side = 4

  static func serves(_ sizes: ConvolutionSizes, output: ArraySlice<Int>) -> Bool {
    output.allSatisfy { $0 >= (sizes.channels * sizes.filters > fewWeights ? 9 : 7) }
  }

  /// So many pairs of channels and filters that their transformed weights stay in cache.
  private static let fewWeights = 1 << 14
}

/// 4/9 of the multiplications, 16/9 of the weights.
enum SmallTile: WinogradTile {
  static let side = 2

  static func serves(_ sizes: ConvolutionSizes, output: ArraySlice<Int>) -> Bool {
    min(sizes.channels, sizes.filters) >= 32 && output.allSatisfy { $0 >= 5 }
  }
}
