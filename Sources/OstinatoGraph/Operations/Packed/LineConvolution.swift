import OstinatoKernels
import OstinatoTensors

/// A ``Convolution`` over a kernel that is packed once, which walks the lines of the input in place. There is no
/// padding along the last spatial axis.
struct LineConvolution: PackedConvolution {
  let name = "line conv"
  let sizes: ConvolutionSizes

  /// Most floats of packed weights that stay in cache from one short output line to the next.
  private static let mostWeights = 32 * 1024
  /// A line of so many pixels makes as much of one reading of the weights as a block of patches does.
  private static let longLine = 96
  /// Filters that are packed as columns are served where runs are so long that dot products pay, or so few of them where
  /// pixels lie so close that lanes can hold them.
  private static let longRun = 32
  private static let fewFilters = 4
  private static let farthestPixels = 8

  /// Whether lines are faster than looked-up patches, padding along the last axis aside.
  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool {
    let geometry = sizes.geometry
    guard sizes.groups == 1, let stride = geometry.strides.last, let width = output.last,
      geometry.dilation.last == 1 || geometry.rank == 1
    else { return false }
    if sizes.k == sizes.channels || width < 8 { return false }
    if isNarrow(k: sizes.k, n: sizes.filters) {
      let run = geometry.dilation.last == 1 ? sizes.channels * (geometry.kernel.last ?? 1) : sizes.channels
      return run >= longRun || (sizes.filters <= fewFilters && stride * sizes.channels <= farthestPixels)
    }
    return width >= longLine || sizes.k * sizes.filters <= mostWeights
  }

  static func padsLastAxisFirst(_ sizes: ConvolutionSizes) -> Bool { true }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let convolution = OstinatoKernels.LineConvolution(
      sizes.geometry.window(input: inputs[0].shape, output: outputs[0].shape), filters: sizes.filters)
    let epilogue = sizes.epilogue
    return Kernel(units: convolution.units) { operands, units in
      convolution.run(
        units, from: operands.input(0), packed: operands.input(1), to: operands.output(0),
        epilogue: epilogue.resolve(operands))
    }
  }
}
