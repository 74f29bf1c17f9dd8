import OstinatoKernels
import OstinatoTensors

/// A fully connected recurrent layer: the output goes back into the next step.
///
/// - Input: `(batch, time, features)`; output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`.
/// - Weights, in the cell: kernel `(features, units)`, recurrent kernel `(units, units)`, bias `(units)`.
/// - Reference: `keras/src/layers/rnn/simple_rnn.py`.
public struct SimpleRNN: RecurrentLayer {
  public static let className = "SimpleRNN"
  public var options: LayerOptions
  public let cell: any RecurrentCellLayer
  public var sequence: SequenceArguments

  public init(
    _ units: Int, activation: ActivationFunction = .tanh, useBias: Bool = true, returnSequences: Bool = false,
    returnState: Bool = false, goBackwards: Bool = false, stateful: Bool = false, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.cell = SimpleRNNCell(units, activation: activation, useBias: useBias)
    self.sequence = SequenceArguments(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards, stateful: stateful)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.cell = try SimpleRNNCell(config: config)
    self.sequence = try SequenceArguments(config: config)
  }
}

/// One step of a ``SimpleRNN``: `activation(x · kernel + bias + state · recurrentKernel)`.
///
/// - Input: `(batch, features)`, then the state `(batch, units)`; output: `(batch, units)`, then the new state.
/// - Reference: `keras/src/layers/rnn/simple_rnn.py`.
public struct SimpleRNNCell: GatedCellLayer {
  public static let className = "SimpleRNNCell"
  public static let inputNames = ["sequence"]
  public var options: LayerOptions
  public let units: Int
  public let activation: ActivationFunction
  public let useBias: Bool
  package let recurrentActivation = ActivationFunction.linear
  package let kind = RecurrentCell.Kind.simple

  public init(
    _ units: Int, activation: ActivationFunction = .tanh, useBias: Bool = true, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.units = units
    self.activation = activation
    self.useBias = useBias
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.units = try config.positiveInt("units")
    self.activation = try config.activation(default: .tanh)
    self.useBias = try config.bool("use_bias", default: true)
  }

  public var config: [String: JSONValue] {
    ["units": .int(units), "activation": activation.config, "use_bias": .bool(useBias)]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    try variables(for: inputs, bias: [units], .zeros)
  }
}
