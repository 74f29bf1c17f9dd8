import OstinatoKernels
import OstinatoTensors

/// A ``Convolution`` of one or two spatial axes over a kernel that is packed once, which walks the lines of the image in
/// place. There is no padding along the last spatial axis.
///
/// Inputs: x `(batch, spatial…, channels)`, the packed kernel, then bias and residual where the epilogue has them.
/// Output: `(batch, spatial′…, filters)`.
struct LineConvolution: Operation {
  let name = "line conv"
  let geometry: WindowGeometry
  let channels: Int
  let filters: Int
  let epilogue: LinearEpilogue

  /// Most floats of packed weights that stay in cache from one short output line to the next.
  private static let mostWeights = 32 * 1024
  /// A line of so many pixels makes as much of one reading of the weights as a block of patches does.
  private static let longLine = 96
  /// Up to this many filters the lanes hold pixels, which must lie close to each other.
  private static let fewFilters = 4
  private static let farthestPixels = 8

  /// Whether lines are faster than looked-up patches, padding along the last axis aside.
  static func serves(_ geometry: WindowGeometry, groups: Int, channels: Int, filters: Int, output: [Int]) -> Bool {
    guard groups == 1, geometry.rank <= 2, let stride = geometry.strides.last, let width = output.last,
      geometry.dilation.last == 1 || geometry.rank == 1
    else { return false }
    let taps = geometry.kernel.reduce(1, *)
    if taps == 1 || width < 8 { return false }
    if filters <= fewFilters { return stride * channels <= farthestPixels }
    return width >= longLine || taps * channels * filters <= mostWeights
  }

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let x = inputs[0].shape
    return [
      ValueType(try Shape(validating: [x[0]] + (try geometry.output(for: Array(x.dropFirst().dropLast()))) + [filters]))
    ]
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let convolution = OstinatoKernels.LineConvolution(
      geometry.window(input: inputs[0].shape, output: outputs[0].shape), filters: filters)
    let epilogue = epilogue
    return Kernel(units: convolution.units) { operands, units in
      convolution.run(
        units, from: operands.input(0), packed: operands.input(1), to: operands.output(0),
        epilogue: epilogue.resolve(operands))
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
