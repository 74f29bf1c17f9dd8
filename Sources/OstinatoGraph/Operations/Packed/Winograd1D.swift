import OstinatoKernels
import OstinatoTensors

/// A ``Convolution`` of stride 1 along one axis, be it one of several, by Winograd's method.
struct Winograd1D: PackedConvolution {
  let name = "winograd conv"
  let sizes: ConvolutionSizes

  /// Transforms of so many channels and filters cost what one product of each does.
  private static let transform = 50
  /// So many floats of prepared weights stay in cache.
  private static let fewWeights = 1 << 18
  /// So many tiles of a row of the batch make enough of one reading of the weights.
  private static let manyTiles = 16
  /// More taps would read too many tiles before the first that counts.
  private static let mostTaps = 64

  /// Whether the method pays: less arithmetic than a direct sum, that of the transforms included.
  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool {
    let (geometry, channels, filters) = (sizes.geometry, sizes.channels, sizes.filters)
    guard let axis = geometry.onlyAxis, sizes.groups == 1, min(channels, filters) >= 16,
      sizes.epilogue.activation?.isFused ?? true
    else { return false }
    let (taps, dilation, length) = (geometry.kernel[axis], geometry.dilation[axis], output[axis])
    guard (3...mostTaps).contains(taps), dilation <= length else { return false }
    let tiles = dilation * (((length + dilation - 1) / dilation + 3) / 4)
    let lines = output.reduce(1, *) / length
    let products = LineWinogradConvolution.products(taps: taps) * channels * filters
    return tiles * (products + transform * (channels + filters)) < length * taps * channels * filters
      && (lines * tiles >= manyTiles || products <= fewWeights)
  }

  static let preparation = "winograd"

  static func packedSize(_ sizes: ConvolutionSizes) -> Int {
    LineWinogradConvolution.packedSize(
      taps: sizes.geometry.taps, channels: sizes.channels, filters: sizes.filters)
  }

  static func pack(_ kernel: Source, _ sizes: ConvolutionSizes, into packed: Target) {
    LineWinogradConvolution.pack(
      taps: sizes.geometry.taps, channels: sizes.channels, filters: sizes.filters, kernel: kernel, into: packed)
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let convolution = LineWinogradConvolution(
      sizes.geometry.window(input: inputs[0].shape, output: outputs[0].shape), filters: sizes.filters)
    let epilogue = sizes.epilogue
    return Kernel(
      units: convolution.units, scratchBytes: convolution.workspace * DataType.byteCount,
      leastUnits: convolution.units
    ) { operands, units in
      convolution.run(
        units, from: operands.input(0), packed: operands.input(1), to: operands.output(0),
        epilogue: epilogue.resolve(operands), workspace: operands.scratch)
    }
  }
}
