import OstinatoGraph
import OstinatoTensors

/// What `DepthwiseConv1D` and `DepthwiseConv2D` have in common: each channel is convolved with kernels of its own.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, spatial′…, channels · depthMultiplier)`, or both with the
///   channels first.
/// - Lowering: one depthwise convolution on channels-last data; bias and activation run in its epilogue.
/// - Reference: `keras/src/layers/convolutional/base_depthwise_conv.py`.
public protocol DepthwiseConvolutionLayer: SpatialLayer {
  /// How many outputs each channel gives.
  var depthMultiplier: Int { get }
  /// What all convolution layers take.
  var arguments: ConvolutionArguments { get }
}

extension DepthwiseConvolutionLayer {
  public var dataFormat: DataFormat { arguments.dataFormat }

  public var config: [String: JSONValue] { arguments.config.adding(["depth_multiplier": .int(depthMultiplier)]) }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let channels = try channelsLast(inputs)[-1].map { $0 * depthMultiplier }
    return try outputShape(for: inputs, channels: channels) { input throws(ModelError) in
      try arguments.window.output(for: input)
    }
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let channels = try channelsLast(inputs)[-1]
    let kernel = SymbolicShape(arguments.kernelSize + [channels, depthMultiplier])
    return [Variable("kernel", kernel, arguments.kernelInitializer)]
      + arguments.bias(channels.map { $0 * depthMultiplier })
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let bias = arguments.useBias ? try graph.weight("bias", 1, of: call) : nil
    let output = try graph.withChannelsLast(call.input, dataFormat) { x, graph throws(ModelError) in
      try graph.depthwise(x, call.weights.variables[0], bias: bias, arguments.window)
    }
    return [try arguments.activation.lower(output, into: &graph)]
  }
}

extension GraphBuilder {
  /// A depthwise convolution of channels-last `x` with a kernel `(spatial…, channels, multiplier)`.
  mutating func depthwise(
    _ x: Value, _ kernel: Tensor, bias: Value?, _ window: SlidingWindow
  ) throws(ModelError) -> Value {
    let spatial = x.shape.rank - 2
    let columns = kernel.shape.suffix(2).reduce(1, *)
    let weights = try constant("depthwise_kernel") { () throws(ModelError) in
      kernel.reshaped(to: Shape(kernel.shape.prefix(spatial) + [1, columns]))
    }
    return try convolve(
      x, kernel: weights, bias: bias, geometry: window.geometry(for: Array(x.shape[1...spatial])),
      groups: kernel.shape[spatial])
  }
}
