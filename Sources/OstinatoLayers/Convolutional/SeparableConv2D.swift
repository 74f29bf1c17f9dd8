import OstinatoTensors

/// A depthwise convolution over two spatial axes, then one of kernel size 1 that mixes the channels.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, height′, width′, filters)`.
/// - Reference: `keras/src/layers/convolutional/separable_conv2d.py`.
public struct SeparableConv2D: SeparableConvolutionLayer {
  public static let className = "SeparableConv2D"
  public static let rank = 2
  public var options: LayerOptions
  public let filters: Int
  public let depthMultiplier: Int
  public let arguments: ConvolutionArguments

  public init(
    _ filters: Int, _ kernelSize: (Int, Int), strides: (Int, Int) = (1, 1), padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int) = (1, 1), depthMultiplier: Int = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.filters = filters
    self.depthMultiplier = depthMultiplier
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize.0, kernelSize.1], strides: [strides.0, strides.1], padding: padding,
      dataFormat: dataFormat, dilationRate: [dilationRate.0, dilationRate.1], activation: activation, useBias: useBias,
      kernelInitializer: kernelInitializer, biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.filters = try config.positiveInt("filters")
    self.depthMultiplier = try config.positiveInt("depth_multiplier", default: 1)
    self.arguments = try ConvolutionArguments(config: config, rank: Self.rank)
  }
}
