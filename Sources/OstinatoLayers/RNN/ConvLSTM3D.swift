import OstinatoTensors

/// Long short-term memory over sequences of volumes.
///
/// - Reference: `keras/src/layers/rnn/conv_lstm3d.py`.
public struct ConvLSTM3D: ConvLSTMLayer {
  public static let className = "ConvLSTM3D"
  public static let rank = 3
  public var options: LayerOptions
  public let cell: any RecurrentCellLayer
  public var sequence: SequenceArguments

  public init(options: LayerOptions, cell: any RecurrentCellLayer, sequence: SequenceArguments) {
    (self.options, self.cell, self.sequence) = (options, cell, sequence)
  }

  public init(
    _ filters: Int, _ kernelSize: (Int, Int, Int), strides: (Int, Int, Int) = (1, 1, 1), padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int, Int) = (1, 1, 1),
    activation: ActivationFunction = .tanh, recurrentActivation: ActivationFunction = .sigmoid, useBias: Bool = true,
    returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false, stateful: Bool = false,
    name: String? = nil
  ) {
    self.init(
      options: LayerOptions(name: name),
      cell: ConvLSTMCell(
        filters, kernelSize: [kernelSize.0, kernelSize.1, kernelSize.2], strides: [strides.0, strides.1, strides.2],
        padding: padding, dataFormat: dataFormat, dilationRate: [dilationRate.0, dilationRate.1, dilationRate.2],
        activation: activation, recurrentActivation: recurrentActivation, useBias: useBias),
      sequence: SequenceArguments(
        returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards, stateful: stateful))
  }
}
