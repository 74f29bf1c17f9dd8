import OstinatoKernels
import OstinatoTensors

/// A 3×3 ``Convolution`` of stride 1 by Winograd's method.
struct Winograd3x3<Tile: WinogradTile>: PackedConvolution {
  let name = "winograd conv"
  let sizes: ConvolutionSizes

  /// Whether the method pays: enough channels and filters to fill its products, and a tile that fits.
  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool {
    let geometry = sizes.geometry
    return geometry.kernel == [3, 3] && geometry.strides == [1, 1] && geometry.dilation == [1, 1] && sizes.groups == 1
      && min(sizes.channels, sizes.filters) >= 16 && Tile.serves(sizes, output: output)
  }

  static var preparation: String { "winograd \(Tile.side)" }

  static func packedSize(_ sizes: ConvolutionSizes) -> Int {
    WinogradConvolution.packedSize(tile: Tile.side, channels: sizes.channels, filters: sizes.filters)
  }

  static func pack(_ kernel: Source, _ sizes: ConvolutionSizes, into packed: Target) {
    WinogradConvolution.pack(
      tile: Tile.side, channels: sizes.channels, filters: sizes.filters, kernel: kernel, into: packed)
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (filters, epilogue) = (sizes.filters, sizes.epilogue)
    let window = sizes.geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let convolution = WinogradConvolution(window, filters: filters, tile: Tile.side)
    // An activation that the kernel does not know takes whole lines of outputs.
    let tilesPerUnit = epilogue.activation?.isFused ?? true ? 1 : convolution.tilesPerRow
    let grid = ProductGrid(
      rows: convolution.tiles / tilesPerUnit, columns: filters, splitsColumns: filters > convolution.tiles)
    return Kernel(
      units: grid.units, scratchBytes: convolution.workspace * DataType.byteCount, repeatsWork: true
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

/// The outputs that ``Winograd3x3`` computes at once, a square.
protocol WinogradTile: Sendable {
  static var side: Int { get }
  /// Whether an output has enough such tiles to cut little to waste, and to be worth reading the transformed weights for.
  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool
}

/// A quarter of the multiplications, four times the weights.
enum LargeTile: WinogradTile {
  static let side = 4

  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool {
    output.allSatisfy { $0 >= (sizes.channels * sizes.filters > fewWeights ? 9 : 7) }
  }

  /// So many pairs of channels and filters that their transformed weights stay in cache.
  private static let fewWeights = 1 << 14
}

/// 4/9 of the multiplications, 16/9 of the weights.
enum SmallTile: WinogradTile {
  static let side = 2

  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool {
    min(sizes.channels, sizes.filters) >= 32 && output.allSatisfy { $0 >= 5 }
  }
}
