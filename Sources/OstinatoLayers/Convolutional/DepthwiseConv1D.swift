import OstinatoTensors

/// A convolution over one spatial axis of each channel with kernels of its own.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, steps′, channels · depthMultiplier)`.
/// - Reference: `keras/src/layers/convolutional/depthwise_conv1d.py`.
public struct DepthwiseConv1D: DepthwiseConvolutionLayer {
  public static let className = "DepthwiseConv1D"
  public static let rank = 1
  public var options: LayerOptions
  public let depthMultiplier: Int
  public let arguments: ConvolutionArguments

  public init(
    _ kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, depthMultiplier: Int = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.depthMultiplier = depthMultiplier
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize], strides: [strides], padding: padding, dataFormat: dataFormat,
      dilationRate: [dilationRate], activation: activation, useBias: useBias, kernelInitializer: kernelInitializer,
      biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.depthMultiplier = try config.positiveInt("depth_multiplier", default: 1)
    self.arguments = try ConvolutionArguments(config: config, rank: Self.rank)
  }
}
