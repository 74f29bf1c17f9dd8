import OstinatoTensors

/// The transpose of a convolution over one spatial axis, with bias and activation: what a decoder upsamples with.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, steps′, filters)`.
/// - Reference: `keras/src/layers/convolutional/conv1d_transpose.py`.
public struct Conv1DTranspose: TransposedConvolutionLayer {
  public static let className = "Conv1DTranspose"
  public static let rank = 1
  public var options: LayerOptions
  public let filters: Int
  public let outputPadding: [Int]?
  public let arguments: ConvolutionArguments

  /// - Parameter outputPadding: cells added at the end, less than the stride; nil for the input's extent times it.
  public init(
    _ filters: Int, _ kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, outputPadding: Int? = nil,
    activation: ActivationFunction = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.filters = filters
    self.outputPadding = outputPadding.map { [$0] }
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize], strides: [strides], padding: padding, dataFormat: dataFormat,
      dilationRate: [dilationRate], activation: activation, useBias: useBias, kernelInitializer: kernelInitializer,
      biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    (self.arguments, self.filters, self.outputPadding) = try config.transposedConvolution(rank: Self.rank)
  }
}
