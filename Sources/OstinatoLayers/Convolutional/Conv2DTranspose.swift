import OstinatoTensors

/// The transpose of a convolution over two spatial axes, with bias and activation: what a decoder upsamples with.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, height′, width′, filters)`.
/// - Reference: `keras/src/layers/convolutional/conv2d_transpose.py`.
public struct Conv2DTranspose: TransposedConvolutionLayer {
  public static let className = "Conv2DTranspose"
  public static let rank = 2
  public var options: LayerOptions
  public let filters: Int
  public let outputPadding: [Int]?
  public let arguments: ConvolutionArguments

  /// - Parameter outputPadding: cells added at the end, less than the stride; nil for the input's extent times it.
  public init(
    _ filters: Int, _ kernelSize: (Int, Int), strides: (Int, Int) = (1, 1), padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int) = (1, 1), outputPadding: (Int, Int)? = nil,
    activation: ActivationFunction = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.filters = filters
    self.outputPadding = outputPadding.map { [$0.0, $0.1] }
    self.arguments = ConvolutionArguments(
      kernelSize: [kernelSize.0, kernelSize.1], strides: [strides.0, strides.1], padding: padding,
      dataFormat: dataFormat, dilationRate: [dilationRate.0, dilationRate.1], activation: activation, useBias: useBias,
      kernelInitializer: kernelInitializer, biasInitializer: biasInitializer)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    (self.arguments, self.filters, self.outputPadding) = try config.transposedConvolution(rank: Self.rank)
  }
}
