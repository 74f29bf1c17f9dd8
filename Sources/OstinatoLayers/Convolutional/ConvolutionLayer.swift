import OstinatoGraph
import OstinatoTensors

/// What `Conv1D`, `Conv2D` and `Conv3D` have in common; they differ in the number of spatial axes.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, spatial′…, filters)`, or both with the channels first.
/// - Lowering: one convolution on channels-last data; bias and activation run in its epilogue.
/// - Reference: `keras/src/layers/convolutional/base_conv.py`.
public protocol ConvolutionLayer: Layer {
  /// The number of spatial axes.
  static var rank: Int { get }
  /// Keras' arguments.
  var arguments: ConvolutionArguments { get }
}

/// The arguments of a convolution layer, lists with one entry per spatial axis.
public struct ConvolutionArguments: Sendable {
  public var filters: Int
  public var kernelSize: [Int]
  public var strides: [Int]
  public var padding: Padding
  public var dataFormat: DataFormat
  public var dilationRate: [Int]
  public var groups: Int
  public var activation: ActivationFunction
  public var useBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer
}

extension ConvolutionArguments {
  /// Reads the arguments of a layer with `rank` spatial axes.
  init(config: LayerConfig, rank: Int) throws(ModelError) {
    filters = try config.positiveInt("filters")
    kernelSize = try config.extents("kernel_size", count: rank)
    strides = try config.extents("strides", count: rank, default: 1)
    padding = try config.choice("padding", default: .valid)
    dataFormat = try config.choice("data_format", default: .channelsLast)
    dilationRate = try config.extents("dilation_rate", count: rank, default: 1)
    groups = try config.positiveInt("groups", default: 1)
    activation = try config.activation()
    useBias = try config.bool("use_bias", default: true)
    kernelInitializer = .glorotUniform
    biasInitializer = .zeros
    if padding == .causal && rank > 1 { throw config.failure("padding", expected: "'valid' or 'same'") }
    if !filters.isMultiple(of: groups) { throw config.failure("groups", expected: "a divisor of filters=\(filters)") }
    if strides.contains(where: { $0 > 1 }) && dilationRate.contains(where: { $0 > 1 }) {
      throw config.failure("strides", expected: "1 where dilation_rate=\(dilationRate)")
    }
  }

  fileprivate var window: SlidingWindow {
    SlidingWindow(kernel: kernelSize, strides: strides, dilation: dilationRate, padding: padding)
  }
}

extension ConvolutionLayer {
  public var config: [String: JSONValue] {
    [
      "filters": .int(arguments.filters), "kernel_size": JSONValue(arguments.kernelSize),
      "strides": JSONValue(arguments.strides), "padding": .string(arguments.padding.rawValue),
      "data_format": .string(arguments.dataFormat.rawValue), "dilation_rate": JSONValue(arguments.dilationRate),
      "groups": .int(arguments.groups), "activation": arguments.activation.config,
      "use_bias": .bool(arguments.useBias),
    ]
  }

  /// The input with the channels last, of the right rank and with whole groups.
  private func channelsLast(_ inputs: [SymbolicShape]) throws(ModelError) -> SymbolicShape {
    let input = try onlyInput(inputs)
    guard input.rank == Self.rank + 2 else {
      throw mismatch("input of rank \(Self.rank + 2) \(arguments.dataFormat.axisNames(rank: Self.rank))", input)
    }
    let shape = arguments.dataFormat.channelsLast(input)
    if let channels = shape[-1], !channels.isMultiple(of: arguments.groups) {
      throw mismatch("channels in \(arguments.groups) equal groups", input)
    }
    return shape
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try channelsLast(inputs)
    let spatial = try arguments.window.output(for: Array(input.dimensions[1...Self.rank]))
    return [arguments.dataFormat.fromChannelsLast(SymbolicShape([input[0]] + spatial + [arguments.filters]))]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let channels = try channelsLast(inputs)[-1].map { $0 / arguments.groups }
    let kernel = SymbolicShape(arguments.kernelSize + [channels, arguments.filters])
    return [Variable("kernel", kernel, arguments.kernelInitializer)]
      + (arguments.useBias ? [Variable("bias", [arguments.filters], arguments.biasInitializer)] : [])
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let kernel = try graph.weight("kernel", 0, of: call)
    let bias = arguments.useBias ? try graph.weight("bias", 1, of: call) : nil
    let output = try graph.withChannelsLast(call.input, arguments.dataFormat) { x, graph throws(ModelError) in
      let geometry = arguments.window.geometry(for: Array(x.shape[1...Self.rank]))
      return try graph.convolve(x, kernel: kernel, bias: bias, geometry: geometry, groups: arguments.groups)
    }
    return [try arguments.activation.lower(output, into: &graph)]
  }
}
