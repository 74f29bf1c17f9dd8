import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// A gated recurrent unit (Cho et al., 2014).
///
/// - Input: `(batch, time, features)`; output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`.
/// - Weights, in the cell: kernel `(features, 3·units)`, recurrent kernel `(units, 3·units)`, bias `(2, 3·units)`, or
///   `(3·units)` without `resetAfter`; columns in the order z, r, h.
/// - Reference: `keras/src/layers/rnn/gru.py`.
public struct GRU: RecurrentLayer {
  public static let className = "GRU"
  public var options: LayerOptions
  public let cell: any RecurrentCellLayer
  public var sequence: SequenceArguments

  /// - Parameter resetAfter: whether the reset gate acts after the recurrent product (today's Keras) or before it.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh, recurrentActivation: ActivationFunction = .sigmoid,
    useBias: Bool = true, returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
    stateful: Bool = false, resetAfter: Bool = true, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.cell = GRUCell(
      units, activation: activation, recurrentActivation: recurrentActivation, useBias: useBias,
      resetAfter: resetAfter)
    self.sequence = SequenceArguments(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards, stateful: stateful)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.cell = try GRUCell(config: config)
    self.sequence = try SequenceArguments(config: config)
  }
}

/// One step of a ``GRU``.
///
/// - Input: `(batch, features)`, then the state `(batch, units)`; output: `(batch, units)`, then the new state.
/// - Reference: `keras/src/layers/rnn/gru.py`.
public struct GRUCell: GatedCellLayer {
  public static let className = "GRUCell"
  public var options: LayerOptions
  public let units: Int
  public let activation: ActivationFunction
  public let recurrentActivation: ActivationFunction
  public let useBias: Bool
  public let resetAfter: Bool

  public init(
    _ units: Int, activation: ActivationFunction = .tanh, recurrentActivation: ActivationFunction = .sigmoid,
    useBias: Bool = true, resetAfter: Bool = true, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.units = units
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.useBias = useBias
    self.resetAfter = resetAfter
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.units = try config.positiveInt("units")
    self.activation = try config.activation(default: .tanh)
    self.recurrentActivation = try config.activation("recurrent_activation", default: .sigmoid)
    self.useBias = try config.bool("use_bias", default: true)
    self.resetAfter = try config.bool("reset_after", default: config.context.kerasMajorVersion >= 3)
  }

  public var config: [String: JSONValue] {
    [
      "units": .int(units), "activation": activation.config, "recurrent_activation": recurrentActivation.config,
      "use_bias": .bool(useBias), "reset_after": .bool(resetAfter),
    ]
  }

  package var kind: RecurrentCell.Kind { .gru(resetAfter: resetAfter) }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    try variables(for: inputs, bias: resetAfter ? [2, 3 * units] : [3 * units], .zeros)
  }
}
