import OstinatoGraph
import OstinatoTensors

/// What `Conv1D`, `Conv2D` and `Conv3D` have in common; they differ in the number of spatial axes.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, spatial′…, filters)`, or both with the channels first.
/// - Lowering: one convolution on channels-last data; bias and activation run in its epilogue.
/// - Reference: `keras/src/layers/convolutional/base_conv.py`.
public protocol ConvolutionLayer: SpatialLayer {
  /// The number of output channels.
  var filters: Int { get }
  /// Groups of channels that do not see each other.
  var groups: Int { get }
  /// What all convolution layers take.
  var arguments: ConvolutionArguments { get }
}

extension LayerConfig {
  /// The arguments of a convolution of `rank` spatial axes, its filters and groups.
  func convolution(
    rank: Int
  ) throws(ModelError) -> (arguments: ConvolutionArguments, filters: Int, groups: Int) {
    let arguments = try ConvolutionArguments(config: self, rank: rank)
    let (filters, groups) = (try positiveInt("filters"), try positiveInt("groups", default: 1))
    if !filters.isMultiple(of: groups) { throw failure("groups", expected: "a divisor of filters=\(filters)") }
    if arguments.stridesAndDilates {
      throw failure("strides", expected: "1 where dilation_rate=\(arguments.dilationRate)")
    }
    return (arguments, filters, groups)
  }
}

extension ConvolutionLayer {
  public var dataFormat: DataFormat { arguments.dataFormat }

  public var config: [String: JSONValue] {
    arguments.config.adding(["filters": .int(filters), "groups": .int(groups)])
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    if let channels = try channelsLast(inputs)[-1], !channels.isMultiple(of: groups) {
      throw mismatch("channels in \(groups) equal groups", inputs[0])
    }
    return try outputShape(for: inputs, channels: filters) { input throws(ModelError) in
      try arguments.window.output(for: input)
    }
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let channels = try channelsLast(inputs)[-1].map { $0 / groups }
    let kernel = SymbolicShape(arguments.kernelSize + [channels, filters])
    return [Variable("kernel", kernel, arguments.kernelInitializer)] + arguments.bias(filters)
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let kernel = try graph.weight("kernel", 0, of: call)
    let bias = arguments.useBias ? try graph.weight("bias", 1, of: call) : nil
    let output = try graph.withChannelsLast(call.input, dataFormat) { x, graph throws(ModelError) in
      let geometry = arguments.window.geometry(for: Array(x.shape[1...Self.rank]))
      return try graph.convolve(x, kernel: kernel, bias: bias, geometry: geometry, groups: groups)
    }
    return [try arguments.activation.lower(output, into: &graph)]
  }
}
