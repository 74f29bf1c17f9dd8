import OstinatoTensors

/// A convolution over two spatial axes of each channel with kernels of its own.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, height′, width′, channels · depthMultiplier)`.
/// - Reference: `keras/src/layers/convolutional/depthwise_conv2d.py`.
public struct DepthwiseConv2D: DepthwiseConvolutionLayer {
  public static let className = "DepthwiseConv2D"
  public static let rank = 2
  public var options: LayerOptions
  public let depthMultiplier: Int
  public let arguments: ConvolutionArguments

  public init(
    _ kernelSize: (Int, Int), strides: (Int, Int) = (1, 1), padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int) = (1, 1), depthMultiplier: Int = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.depthMultiplier = depthMultiplier
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize.0, kernelSize.1], strides: [strides.0, strides.1], padding: padding,
      dataFormat: dataFormat, dilationRate: [dilationRate.0, dilationRate.1], activation: activation, useBias: useBias,
      kernelInitializer: kernelInitializer, biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.depthMultiplier = try config.positiveInt("depth_multiplier", default: 1)
    self.arguments = try ConvolutionArguments(config: config, rank: Self.rank)
  }
}
