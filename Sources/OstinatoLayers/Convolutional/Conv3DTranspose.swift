import OstinatoTensors

/// The transpose of a convolution over three spatial axes, with bias and activation: what a decoder upsamples with.
///
/// - Input: `(batch, depth, height, width, channels)`; output: `(batch, depth′, height′, width′, filters)`.
/// - Reference: `keras/src/layers/convolutional/conv3d_transpose.py`.
public struct Conv3DTranspose: TransposedConvolutionLayer {
  public static let className = "Conv3DTranspose"
  public static let rank = 3
  public var options: LayerOptions
  public let filters: Int
  public let outputPadding: [Int]?
  public let arguments: ConvolutionArguments

  /// - Parameter outputPadding: cells added at the end, less than the stride; nil for the input's extent times it.
  public init(
    _ filters: Int, _ kernelSize: (Int, Int, Int), strides: (Int, Int, Int) = (1, 1, 1), padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int, Int) = (1, 1, 1),
    outputPadding: (Int, Int, Int)? = nil, activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.filters = filters
    self.outputPadding = outputPadding.map { [$0.0, $0.1, $0.2] }
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize.0, kernelSize.1, kernelSize.2], strides: [strides.0, strides.1, strides.2],
      padding: padding, dataFormat: dataFormat, dilationRate: [dilationRate.0, dilationRate.1, dilationRate.2],
      activation: activation, useBias: useBias, kernelInitializer: kernelInitializer, biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    (self.arguments, self.filters, self.outputPadding) = try config.transposedConvolution(rank: Self.rank)
  }
}
