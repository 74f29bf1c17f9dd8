import OstinatoTensors

/// One step of a convolutional LSTM (Shi et al., 2015).
///
/// - Input: `(batch, spatial…, channels)`, then hidden and carry `(batch, spatial′…, filters)`; output: hidden, then the
///   new states.
/// - Weights: kernel `(kernelSize…, channels, 4·filters)`, recurrent kernel `(kernelSize…, filters, 4·filters)`, bias
///   `(4·filters)`; columns in the order i, f, c, o.
/// - Lowering over a sequence: one convolution over the inputs of all steps, then a recurrent operation whose
///   convolution has stride 1 and keeps the extents.
/// - Reference: `keras/src/layers/rnn/conv_lstm.py`.
public struct ConvLSTMCell: RecurrentCellLayer {
  public static let className = "ConvLSTMCell"
  public var options: LayerOptions
  public let filters: Int
  public let kernelSize: [Int]
  public let strides: [Int]
  public let padding: Padding
  public let dataFormat: DataFormat
  public let dilationRate: [Int]
  public let activation: ActivationFunction
  public let recurrentActivation: ActivationFunction
  public let useBias: Bool

  /// - Parameter kernelSize: one extent per spatial axis, as in `strides` and `dilationRate`.
  init(
    _ filters: Int, kernelSize: [Int], strides: [Int], padding: Padding, dataFormat: DataFormat, dilationRate: [Int],
    activation: ActivationFunction, recurrentActivation: ActivationFunction, useBias: Bool
  ) {
    self.options = LayerOptions()
    self.filters = filters
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.dataFormat = dataFormat
    self.dilationRate = dilationRate
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.useBias = useBias
  }

  public init(config: LayerConfig) throws(ModelError) {
    let rank = try config.int("rank", default: 2)
    guard (1...3).contains(rank) else { throw config.failure("rank", expected: "1, 2 or 3") }
    try self.init(config: config, rank: rank)
  }

  init(config: LayerConfig, rank: Int) throws(ModelError) {
    self.init(
      try config.positiveInt("filters"), kernelSize: try config.extents("kernel_size", count: rank),
      strides: try config.extents("strides", count: rank, default: 1),
      padding: try config.choice("padding", default: .valid),
      dataFormat: try config.choice("data_format", default: .channelsLast),
      dilationRate: try config.extents("dilation_rate", count: rank, default: 1),
      activation: try config.activation(default: .tanh),
      recurrentActivation: try config.activation("recurrent_activation", default: .sigmoid),
      useBias: try config.bool("use_bias", default: true))
    if padding == .causal { throw config.failure("padding", expected: "'valid' or 'same'") }
    if strides.contains(where: { $0 > 1 }) && dilationRate.contains(where: { $0 > 1 }) {
      throw config.failure("strides", expected: "1 where dilation_rate=\(dilationRate)")
    }
  }

  public var config: [String: JSONValue] {
    [
      "filters": .int(filters), "kernel_size": JSONValue(kernelSize), "strides": JSONValue(strides),
      "padding": .string(padding.rawValue), "data_format": .string(dataFormat.rawValue),
      "dilation_rate": JSONValue(dilationRate), "activation": activation.config,
      "recurrent_activation": recurrentActivation.config, "use_bias": .bool(useBias),
    ]
  }

  public var stepRank: Int { kernelSize.count + 2 }

  var window: SlidingWindow {
    SlidingWindow(kernel: kernelSize, strides: strides, dilation: dilationRate, padding: padding)
  }

  /// The convolution of the state: stride 1, and as many cells as before.
  var recurrentWindow: SlidingWindow {
    SlidingWindow(kernel: kernelSize, strides: kernelSize.map { _ in 1 }, padding: .same)
  }

  public func stateShapes(for step: SymbolicShape) throws(ModelError) -> [SymbolicShape] {
    let input = dataFormat.channelsLast(step)
    let spatial = try window.output(for: Array(input.dimensions[1..<input.rank - 1]))
    let state = dataFormat.fromChannelsLast(SymbolicShape([input[0]] + spatial + [filters]))
    return [state, state]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let channels = dataFormat.channelsLast(try onlyInput(Array(inputs.prefix(1))))[-1]
    return [
      Variable("kernel", SymbolicShape(kernelSize + [channels, 4 * filters]), .glorotUniform),
      Variable("recurrent_kernel", SymbolicShape(kernelSize + [filters, 4 * filters]), .orthogonal()),
    ] + (useBias ? [Variable("bias", [4 * filters], .forgetGateBias(units: filters))] : [])
  }
}
