import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Long short-term memory (Hochreiter and Schmidhuber, 1997).
///
/// - Input: `(batch, time, features)`; output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`.
/// - Weights, in the cell: kernel `(features, 4·units)`, recurrent kernel `(units, 4·units)`, bias `(4·units)`; columns
///   in the order i, f, c, o. States: hidden, carry.
/// - Reference: `keras/src/layers/rnn/lstm.py`.
public struct LSTM: RecurrentLayer {
  public static let className = "LSTM"
  public var options: LayerOptions
  public let cell: any RecurrentCellLayer
  public var sequence: SequenceArguments

  /// - Parameter unitForgetBias: whether the forget gate's bias starts at 1.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh, recurrentActivation: ActivationFunction = .sigmoid,
    useBias: Bool = true, unitForgetBias: Bool = true, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.cell = LSTMCell(
      units, activation: activation, recurrentActivation: recurrentActivation, useBias: useBias,
      unitForgetBias: unitForgetBias)
    self.sequence = SequenceArguments(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards, stateful: stateful)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.cell = try LSTMCell(config: config)
    self.sequence = try SequenceArguments(config: config)
  }
}

/// One step of an ``LSTM``.
///
/// - Input: `(batch, features)`, then hidden and carry `(batch, units)`; output: `(batch, units)`, then the new states.
/// - Reference: `keras/src/layers/rnn/lstm.py`.
public struct LSTMCell: GatedCellLayer {
  public static let className = "LSTMCell"
  public var options: LayerOptions
  public let units: Int
  public let activation: ActivationFunction
  public let recurrentActivation: ActivationFunction
  public let useBias: Bool
  public let unitForgetBias: Bool

  public init(
    _ units: Int, activation: ActivationFunction = .tanh, recurrentActivation: ActivationFunction = .sigmoid,
    useBias: Bool = true, unitForgetBias: Bool = true, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.units = units
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.useBias = useBias
    self.unitForgetBias = unitForgetBias
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.units = try config.positiveInt("units")
    self.activation = try config.activation(default: .tanh)
    self.recurrentActivation = try config.activation("recurrent_activation", default: .sigmoid)
    self.useBias = try config.bool("use_bias", default: true)
    self.unitForgetBias = try config.bool("unit_forget_bias", default: true)
  }

  public var config: [String: JSONValue] {
    [
      "units": .int(units), "activation": activation.config, "recurrent_activation": recurrentActivation.config,
      "use_bias": .bool(useBias), "unit_forget_bias": .bool(unitForgetBias),
    ]
  }

  package var kind: RecurrentCell.Kind { .lstm }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    try variables(for: inputs, bias: [4 * units], unitForgetBias ? .forgetGateBias(units: units) : .zeros)
  }
}
