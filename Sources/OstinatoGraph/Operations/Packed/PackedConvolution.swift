import OstinatoKernels
import OstinatoTensors

/// A ``Convolution`` whose kernel is prepared once for the method that computes it.
///
/// Inputs: x `(batch, spatial…, channels)`, the prepared kernel, then bias and residual where the epilogue has them.
/// Output: `(batch, spatial′…, filters)`.
protocol PackedConvolution: Operation {
  /// Whether the method serves these sizes and spatial extents of the output better than those after it in the rule.
  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool
  /// Whether padding along the last spatial axis comes first, as an operation of its own.
  static func padsLastAxisFirst(_ sizes: ConvolutionSizes) -> Bool
  /// What is done to the kernel once, to tell it from what other methods do.
  static var preparation: String { get }
  /// How many floats the method reads of a prepared kernel.
  static func packedSize(_ sizes: ConvolutionSizes) -> Int
  /// Writes the kernel in the layout that the method reads.
  static func pack(_ kernel: Source, _ sizes: ConvolutionSizes, into packed: Target)

  var sizes: ConvolutionSizes { get }
  init(sizes: ConvolutionSizes)
}

/// What a ``Convolution`` is once its kernel is known, and what the choice of a method depends on.
struct ConvolutionSizes {
  var geometry: WindowGeometry
  let groups: Int
  /// Channels and filters of one group.
  let channels: Int
  let filters: Int
  let epilogue: LinearEpilogue

  init(_ convolution: Convolution, kernel: Shape) {
    geometry = convolution.geometry
    groups = convolution.groups
    channels = kernel[kernel.rank - 2]
    filters = kernel[kernel.rank - 1] / groups
    epilogue = convolution.epilogue
  }

  /// Products in one output.
  var k: Int { geometry.kernel.reduce(channels, *) }
}

extension PackedConvolution {
  static func padsLastAxisFirst(_ sizes: ConvolutionSizes) -> Bool { false }
  static var preparation: String { "packed" }

  static func packedSize(_ sizes: ConvolutionSizes) -> Int {
    sizes.groups * OstinatoKernels.packedSize(k: sizes.k, n: sizes.filters)
  }

  /// The columns of each group's `(k, filters)` in panels, group after group.
  static func pack(_ kernel: Source, _ sizes: ConvolutionSizes, into packed: Target) {
    let (k, n) = (sizes.k, sizes.filters)
    let size = OstinatoKernels.packedSize(k: k, n: n)
    for group in 0..<sizes.groups {
      packColumns(k: k, n: n, b: kernel + group * n, ldb: n * sizes.groups, into: packed + group * size)
    }
  }

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    [ValueType(try sizes.geometry.output(for: inputs[0].shape, channels: sizes.filters * sizes.groups))]
  }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, outputs[0].shape.elementCount, sizes.k)
  }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let m = outputs[0].shape.dropLast().reduce(1, *)
    let groups = sizes.groups == 1 ? "" : ", groups: \(sizes.groups)"
    return "m: \(m), n: \(sizes.filters * sizes.groups), k: \(sizes.k)\(groups)" + sizes.epilogue.detail
  }
}
