import OstinatoGraph
import OstinatoTensors

/// The arguments of a recurrent layer that are about the sequence.
public struct SequenceArguments: Sendable {
  /// Whether the output of every step is returned, rather than the last.
  public var returnSequences = false
  /// Whether the final states are returned too.
  public var returnState = false
  /// Whether the steps are taken from the last to the first; outputs come in the order of processing.
  public var goBackwards = false
  /// Whether the states of one call are those that the next call of the same session starts from.
  public var stateful = false
  /// Whether Keras writes the loop out; it matters for ``zeroOutputForMask`` alone.
  public var unroll = false
  /// Whether a masked step gives zeros.
  public var zeroOutputForMask = false
}

extension SequenceArguments {
  init(config: LayerConfig) throws(ModelError) {
    returnSequences = try config.bool("return_sequences", default: false)
    returnState = try config.bool("return_state", default: false)
    goBackwards = try config.bool("go_backwards", default: false)
    stateful = try config.bool("stateful", default: false)
    unroll = try config.bool("unroll", default: false)
    zeroOutputForMask = try config.bool("zero_output_for_mask", default: false)
    if try config.bool("time_major", default: false) { throw config.failure("time_major", expected: "False") }
  }

  var config: [String: JSONValue] {
    [
      "return_sequences": .bool(returnSequences), "return_state": .bool(returnState),
      "go_backwards": .bool(goBackwards), "stateful": .bool(stateful), "unroll": .bool(unroll),
      "zero_output_for_mask": .bool(zeroOutputForMask),
    ]
  }
}

/// One run of a cell over a sequence.
public struct SequenceRun: Sendable {
  /// Whether the output of every step is wanted, rather than the last.
  package var returnSequences = false
  /// Whether the steps are taken from the last to the first.
  package var goBackwards = false
  /// Whether a masked step gives zeros rather than the output before it.
  package var zeroOutputForMask = false
  /// `(batch, time)`, 0 where a step is masked; nil where all are there.
  package var mask: Value?
}
