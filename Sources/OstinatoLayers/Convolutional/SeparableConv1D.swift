import OstinatoTensors

/// A depthwise convolution over one spatial axis, then one of kernel size 1 that mixes the channels.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, steps′, filters)`.
/// - Reference: `keras/src/layers/convolutional/separable_conv1d.py`.
public struct SeparableConv1D: SeparableConvolutionLayer {
  public static let className = "SeparableConv1D"
  public static let rank = 1
  public var options: LayerOptions
  public let filters: Int
  public let depthMultiplier: Int
  public let arguments: ConvolutionArguments

  public init(
    _ filters: Int, _ kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, depthMultiplier: Int = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.filters = filters
    self.depthMultiplier = depthMultiplier
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize], strides: [strides], padding: padding, dataFormat: dataFormat,
      dilationRate: [dilationRate], activation: activation, useBias: useBias, kernelInitializer: kernelInitializer,
      biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.filters = try config.positiveInt("filters")
    self.depthMultiplier = try config.positiveInt("depth_multiplier", default: 1)
    self.arguments = try ConvolutionArguments(config: config, rank: Self.rank)
  }
}
