import OstinatoKernels
import OstinatoTensors

/// A 3×3 ``Convolution`` of stride 1 by Winograd's method.
///
/// Inputs: x `(batch, height, width, channels)`, the prepared kernel, then bias and residual where the epilogue has
/// them. Output: `(batch, height′, width′, filters)`.
struct Winograd3x3: Operation {
  let name = "winograd conv"
  let geometry: WindowGeometry
  let channels: Int
  let filters: Int
  let epilogue: LinearEpilogue

  /// Whether the method pays: enough channels and filters to fill its products, enough tiles to cut little to waste and
  /// to be worth reading four times the weights for.
  static func serves(_ geometry: WindowGeometry, groups: Int, channels: Int, filters: Int, output: [Int]) -> Bool {
    geometry.kernel == [3, 3] && geometry.strides == [1, 1] && geometry.dilation == [1, 1] && groups == 1
      && min(channels, filters) >= 16 && output.allSatisfy { $0 >= (channels * filters > fewWeights ? 9 : 7) }
  }

  /// So many pairs of channels and filters that their transformed weights stay in cache.
  private static let fewWeights = 1 << 14

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let x = inputs[0].shape
    return [
      ValueType(try Shape(validating: [x[0]] + (try geometry.output(for: Array(x.dropFirst().dropLast()))) + [filters]))
    ]
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let convolution = WinogradConvolution(window, filters: filters)
    let (rowsPerImage, size, epilogue) = (convolution.tileRows, convolution.imageSize, epilogue)
    let filters = filters
    let grid = ProductGrid(
      rows: window.batch * rowsPerImage, columns: filters, splitsColumns: filters > window.batch * convolution.tiles)
    return Kernel(
      units: grid.units, scratchBytes: convolution.workspace * DataType.byteCount, partsPerThread: 1
    ) { operands, units in
      grid.forEachRectangle(in: units) { rows, columns in
        for part in rows.split(by: rowsPerImage) {
          let (image, first) = part.lowerBound.quotientAndRemainder(dividingBy: rowsPerImage)
          convolution.run(
            rows: first..<first + part.count, columns: columns, image: operands.input(0) + image * size.input,
            packed: operands.input(1), to: operands.output(0) + image * size.output,
            epilogue: epilogue.resolve(operands).dropping(rows: image * size.output / filters, ldc: filters),
            workspace: operands.scratch)
        }
      }
    }
  }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(18, channels, outputs[0].shape.elementCount)
  }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let m = outputs[0].shape.dropLast().reduce(1, *)
    return "m: \(m), n: \(filters), k: \(9 * channels)" + epilogue.detail
  }
}
