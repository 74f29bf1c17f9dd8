import OstinatoTensors

/// The arguments that all convolution layers take, lists with one entry per spatial axis.
public struct ConvolutionArguments: Sendable {
  public var kernelSize: [Int]
  public var strides: [Int]
  public var padding: Padding
  public var dataFormat: DataFormat
  public var dilationRate: [Int]
  public var activation: ActivationFunction
  public var useBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer
}

extension ConvolutionArguments {
  /// Reads the arguments of a layer with `rank` spatial axes.
  init(config: LayerConfig, rank: Int) throws(ModelError) {
    kernelSize = try config.extents("kernel_size", count: rank)
    strides = try config.extents("strides", count: rank, default: 1)
    padding = try config.choice("padding", default: .valid)
    dataFormat = try config.choice("data_format", default: .channelsLast)
    dilationRate = try config.extents("dilation_rate", count: rank, default: 1)
    activation = try config.activation()
    useBias = try config.bool("use_bias", default: true)
    kernelInitializer = .glorotUniform
    biasInitializer = .zeros
    if padding == .causal && rank > 1 { throw config.failure("padding", expected: "'valid' or 'same'") }
  }

  /// Whether windows are both apart and spread, which Keras has no kernel for but in depthwise convolutions.
  var stridesAndDilates: Bool {
    strides.contains { $0 > 1 } && dilationRate.contains { $0 > 1 }
  }

  var window: SlidingWindow {
    SlidingWindow(kernel: kernelSize, strides: strides, dilation: dilationRate, padding: padding)
  }

  /// The arguments as Keras writes them.
  var config: [String: JSONValue] {
    [
      "kernel_size": JSONValue(kernelSize), "strides": JSONValue(strides), "padding": .string(padding.rawValue),
      "data_format": .string(dataFormat.rawValue), "dilation_rate": JSONValue(dilationRate),
      "activation": activation.config, "use_bias": .bool(useBias),
    ]
  }

  /// The bias of `filters` filters, where there is one.
  func bias(_ filters: Int?) -> [Variable] {
    useBias ? [Variable("bias", [filters], biasInitializer)] : []
  }
}

extension [String: JSONValue] {
  /// The members of both; no key is in both.
  func adding(_ others: [String: JSONValue]) -> [String: JSONValue] {
    merging(others) { _, other in other }
  }
}
