import OstinatoTensors

/// A convolution over one spatial axis: `activation(x ⋆ kernel + bias)`.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, steps′, filters)`.
/// - Reference: `keras/src/layers/convolutional/conv1d.py`.
public struct Conv1D: ConvolutionLayer {
  public static let className = "Conv1D"
  public static let rank = 1
  public var options: LayerOptions
  public let filters: Int
  public let groups: Int
  public let arguments: ConvolutionArguments

  public init(
    _ filters: Int, _ kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, groups: Int = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.filters = filters
    self.groups = groups
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize], strides: [strides], padding: padding, dataFormat: dataFormat,
      dilationRate: [dilationRate], activation: activation, useBias: useBias, kernelInitializer: kernelInitializer,
      biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    (self.arguments, self.filters, self.groups) = try config.convolution(rank: Self.rank)
  }
}
