import OstinatoTensors

/// Long short-term memory over sequences of lines.
///
/// - Reference: `keras/src/layers/rnn/conv_lstm1d.py`.
public struct ConvLSTM1D: ConvLSTMLayer {
  public static let className = "ConvLSTM1D"
  public static let rank = 1
  public var options: LayerOptions
  public let cell: any RecurrentCellLayer
  public var sequence: SequenceArguments

  public init(options: LayerOptions, cell: any RecurrentCellLayer, sequence: SequenceArguments) {
    (self.options, self.cell, self.sequence) = (options, cell, sequence)
  }

  public init(
    _ filters: Int, _ kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, activation: ActivationFunction = .tanh,
    recurrentActivation: ActivationFunction = .sigmoid, useBias: Bool = true, returnSequences: Bool = false,
    returnState: Bool = false, goBackwards: Bool = false, stateful: Bool = false, name: String? = nil
  ) {
    self.init(
      options: LayerOptions(name: name),
      cell: ConvLSTMCell(
        filters, kernelSize: [kernelSize], strides: [strides], padding: padding, dataFormat: dataFormat,
        dilationRate: [dilationRate], activation: activation, recurrentActivation: recurrentActivation,
        useBias: useBias),
      sequence: SequenceArguments(
        returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards, stateful: stateful))
  }
}
