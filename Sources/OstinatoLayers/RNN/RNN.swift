import OstinatoTensors

/// Any cell over a sequence, or several cells one above the other.
///
/// - Input: `(batch, time, features)`; output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`, of
///   the last cell; with `returnState` the states of all cells follow, from the first cell to the last.
/// - Reference: `keras/src/layers/rnn/rnn.py`.
public struct RNN: RecurrentLayer {
  public static let className = "RNN"
  public var options: LayerOptions
  public let cell: any RecurrentCellLayer
  public var sequence: SequenceArguments

  public init(
    _ cell: any RecurrentCellLayer, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.cell = cell
    self.sequence = SequenceArguments(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards, stateful: stateful)
  }

  /// Several cells, each of which takes the output of the one before it.
  public init(
    _ cells: [any RecurrentCellLayer], returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, name: String? = nil
  ) {
    self.init(
      StackedRNNCells(cells), returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, name: name)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    guard let cell = try config.layer("cell") as? any RecurrentCellLayer else {
      throw config.failure("cell", expected: "a recurrent cell")
    }
    self.cell = cell
    self.sequence = try SequenceArguments(config: config)
  }

  public var config: [String: JSONValue] { sequence.config.merging(["cell": JSONValue(cell)]) { $1 } }
}
