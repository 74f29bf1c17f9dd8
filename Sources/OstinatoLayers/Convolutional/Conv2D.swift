import OstinatoTensors

/// A convolution over two spatial axes: `activation(x ⋆ kernel + bias)`.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, height′, width′, filters)`.
/// - Reference: `keras/src/layers/convolutional/conv2d.py`.
public struct Conv2D: ConvolutionLayer {
  public static let className = "Conv2D"
  public static let rank = 2
  public var options: LayerOptions
  public let filters: Int
  public let groups: Int
  public let arguments: ConvolutionArguments

  public init(
    _ filters: Int, _ kernelSize: (Int, Int), strides: (Int, Int) = (1, 1), padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int) = (1, 1), groups: Int = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.filters = filters
    self.groups = groups
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize.0, kernelSize.1], strides: [strides.0, strides.1], padding: padding,
      dataFormat: dataFormat, dilationRate: [dilationRate.0, dilationRate.1], activation: activation, useBias: useBias,
      kernelInitializer: kernelInitializer, biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    (self.arguments, self.filters, self.groups) = try config.convolution(rank: Self.rank)
  }
}
