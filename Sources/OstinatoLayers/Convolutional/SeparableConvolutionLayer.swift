import OstinatoGraph
import OstinatoTensors

/// What `SeparableConv1D` and `SeparableConv2D` have in common: a depthwise convolution, then one of kernel size 1 that
/// mixes the channels.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, spatial′…, filters)`, or both with the channels first.
/// - Lowering: one depthwise convolution and one GEMM on channels-last data; bias and activation run in its epilogue.
/// - Reference: `keras/src/layers/convolutional/base_separable_conv.py`.
public protocol SeparableConvolutionLayer: SpatialLayer {
  /// The number of output channels.
  var filters: Int { get }
  /// How many outputs of the depthwise convolution each channel gives.
  var depthMultiplier: Int { get }
  /// What all convolution layers take.
  var arguments: ConvolutionArguments { get }
}

extension SeparableConvolutionLayer {
  public var dataFormat: DataFormat { arguments.dataFormat }

  public var config: [String: JSONValue] {
    arguments.config.adding(["filters": .int(filters), "depth_multiplier": .int(depthMultiplier)])
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs, channels: filters) { input throws(ModelError) in
      try arguments.window.output(for: input)
    }
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let channels = try channelsLast(inputs)[-1]
    let depthwise = SymbolicShape(arguments.kernelSize + [channels, depthMultiplier])
    let ones = [Int](repeating: 1, count: Self.rank)
    let pointwise = SymbolicShape(ones + [channels.map { $0 * depthMultiplier }, filters])
    return [
      Variable("depthwise_kernel", depthwise, arguments.kernelInitializer),
      Variable("pointwise_kernel", pointwise, arguments.kernelInitializer),
    ] + arguments.bias(filters)
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let pointwise = try graph.constant("pointwise_kernel") { () throws(ModelError) in
      let kernel = call.weights.variables[1]
      return kernel.reshaped(to: Shape(Array(kernel.shape.suffix(2))))
    }
    let bias = arguments.useBias ? try graph.weight("bias", 2, of: call) : nil
    let output = try graph.withChannelsLast(call.input, dataFormat) { x, graph throws(ModelError) in
      let depthwise = try graph.depthwise(x, call.weights.variables[0], bias: nil, arguments.window)
      return try graph.gemm(depthwise, kernel: pointwise, bias: bias)
    }
    return [try arguments.activation.lower(output, into: &graph)]
  }
}
