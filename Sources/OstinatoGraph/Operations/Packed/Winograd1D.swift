import OstinatoKernels
import OstinatoTensors

/// A ``Convolution`` of stride 1 along one axis by Winograd's method.
///
/// Inputs: x `(batch, length, channels)`, the prepared kernel, then bias and residual where the epilogue has them.
/// Output: `(batch, length′, filters)`.
struct Winograd1D: Operation {
  let name = "winograd conv"
  let geometry: WindowGeometry
  let channels: Int
  let filters: Int
  let epilogue: LinearEpilogue

  /// Transforms of so many channels and filters cost what one product of each does.
  private static let transform = 50
  /// So many floats of prepared weights stay in cache.
  private static let fewWeights = 1 << 18
  /// So many tiles make enough of one reading of the weights.
  private static let manyTiles = 24
  /// More taps would read too many tiles before the first that counts.
  private static let mostTaps = 64

  /// Whether the method pays: less arithmetic than a direct sum, that of the transforms included.
  static func serves(
    _ geometry: WindowGeometry, groups: Int, channels: Int, filters: Int, epilogue: LinearEpilogue, output: [Int]
  ) -> Bool {
    guard geometry.rank == 1, geometry.strides == [1], groups == 1, min(channels, filters) >= 16,
      epilogue.activation?.isFused ?? true
    else { return false }
    let (taps, dilation, length) = (geometry.kernel[0], geometry.dilation[0], output[0])
    guard (3...mostTaps).contains(taps), dilation <= length else { return false }
    let tapGroups = (taps + 3) / 4
    let tiles = dilation * (((length + dilation - 1) / dilation + 3) / 4)
    let products = 7 * tapGroups * channels * filters
    return tiles * (products + transform * (channels + filters)) < length * taps * channels * filters
      && (tiles >= manyTiles || products <= fewWeights)
  }

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let x = inputs[0].shape
    return [
      ValueType(try Shape(validating: [x[0]] + (try geometry.output(for: Array(x.dropFirst().dropLast()))) + [filters]))
    ]
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let convolution = LineWinogradConvolution(
      geometry.window(input: inputs[0].shape, output: outputs[0].shape), filters: filters)
    let epilogue = epilogue
    return Kernel(
      units: convolution.units, scratchBytes: convolution.workspace * DataType.byteCount, partsPerThread: 1
    ) { operands, units in
      convolution.run(
        units, from: operands.input(0), packed: operands.input(1), to: operands.output(0),
        epilogue: epilogue.resolve(operands), workspace: operands.scratch)
    }
  }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, outputs[0].shape.elementCount, geometry.kernel.reduce(channels, *))
  }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let m = outputs[0].shape.dropLast().reduce(1, *)
    return "m: \(m), n: \(filters), k: \(geometry.kernel.reduce(channels, *))" + epilogue.detail
  }
}
