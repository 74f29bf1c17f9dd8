import OstinatoGraph
import OstinatoTensors

/// A layer that computes one step of a sequence; a recurrent layer runs it over all of them.
///
/// - Input: one step `(batch, …)`, then the states; output: the step's output, then the new states.
/// - Lowering of a cell on its own: that of a sequence of one step.
public protocol RecurrentCellLayer: Layer {
  /// The rank of one step's input, the batch included.
  var stepRank: Int { get }

  /// The shapes of the states, in Keras' order.
  func stateShapes(for step: SymbolicShape) throws(ModelError) -> [SymbolicShape]

  /// The shape of one step's output.
  func outputShape(for step: SymbolicShape) throws(ModelError) -> SymbolicShape

  /// Adds the operations that run the cell over the sequence `(batch, time, …)` that is the call's first input. The
  /// states follow; there are none to start from zeros.
  /// - Returns: the output, then the final states.
  func lowerSequence(
    _ call: LayerCall, _ run: SequenceRun, into graph: inout GraphBuilder
  ) throws(ModelError) -> [Value]
}

extension RecurrentCellLayer {
  public func outputShape(for step: SymbolicShape) throws(ModelError) -> SymbolicShape {
    try stateShapes(for: step)[0]
  }

  /// The number of states.
  var stateCount: Int {
    let step = SymbolicShape([Int?](repeating: nil, count: stepRank))
    return (try? stateShapes(for: step).count) ?? 1
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard let step = inputs.first, step.rank == stepRank else {
      throw mismatch("a step of rank \(stepRank)", inputs.first ?? [])
    }
    let states = Array(inputs.dropFirst())
    if !states.isEmpty { try check(states, for: step) }
    return [try outputShape(for: step)] + (try stateShapes(for: step))
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let step = call.input
    let states = call.keywords["states"] ?? Array(call.inputs.dropFirst())
    try check(states.map { SymbolicShape($0.shape) }, for: SymbolicShape(step.shape))
    let sequence = try graph.reshape(step, to: Shape([step.shape[0], 1] + step.shape.dropFirst()))
    let inner = LayerCall(inputs: [sequence] + states, weights: call.weights)
    return try lowerSequence(inner, SequenceRun(), into: &graph)
  }

  /// Makes sure that `states` are as the cell's for steps of the given shape.
  func check(_ states: [SymbolicShape], for step: SymbolicShape) throws(ModelError) {
    let expected = try stateShapes(for: step)
    guard states.count == expected.count, zip(expected, states).allSatisfy({ $0.agrees(with: $1) }) else {
      throw ModelError(
        .shapeMismatch, "", "expected \(expected.count) states of shapes \(expected). Received: \(states)")
    }
  }
}

extension SymbolicShape {
  /// Whether one tensor can have both shapes.
  fileprivate func agrees(with other: SymbolicShape) -> Bool {
    rank == other.rank && zip(dimensions, other.dimensions).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
  }
}
