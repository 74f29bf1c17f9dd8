import OstinatoGraph
import OstinatoTensors

/// What the recurrent layers have in common: a cell that goes over the time axis.
///
/// - Input: `(batch, time, …)`, then the initial states; output: one step's output `(batch, …)`, or
///   `(batch, time, …)` with `returnSequences`; with `returnState` the final states follow.
/// - Mask: a masked step keeps the state and repeats the output before it. Beside initial states only a mask that is
///   given by keyword counts. The mask travels on with a returned sequence.
/// - Lowering: the cell's.
/// - Reference: `keras/src/layers/rnn/rnn.py`.
public protocol RecurrentLayer: Layer {
  /// The cell, which has the weights.
  var cell: any RecurrentCellLayer { get }
  /// Keras' arguments about the sequence.
  var sequence: SequenceArguments { get set }
}

extension RecurrentLayer {
  public static var inputNames: [String] { ["sequences"] }
  public static var laterArgumentNames: [String] { ["initial_state", "mask", "training"] }

  public var config: [String: JSONValue] { cell.config.merging(sequence.config) { cell, _ in cell } }

  /// The shape of one step's input.
  private func step(_ inputs: [SymbolicShape]) throws(ModelError) -> SymbolicShape {
    guard let input = inputs.first, input.rank == cell.stepRank + 1 else {
      let axes = cell.stepRank == 2 ? "(batch, time, features)" : "(batch, time, …)"
      throw mismatch("input of rank \(cell.stepRank + 1) \(axes)", inputs.first ?? [])
    }
    return SymbolicShape([input[0]] + input.dimensions[2...])
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let step = try step(inputs)
    if inputs.count > 1 { try cell.check(Array(inputs.dropFirst()), for: step) }
    let output = try cell.outputShape(for: step)
    let outputs = SymbolicShape([output[0], inputs[0][1]] + output.dimensions[1...])
    return [sequence.returnSequences ? outputs : output]
      + (sequence.returnState ? try cell.stateShapes(for: step) : [])
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    [Sublayer("cell", cell, inputs: [try step(inputs)])]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let step = try step([SymbolicShape(call.input.shape)])
    guard call.input.shape[1] > 0 else { throw mismatch("at least one step", SymbolicShape(call.input.shape)) }
    let given = call.keywords["initial_state"] ?? Array(call.inputs.dropFirst())
    if !given.isEmpty { try cell.check(given.map { SymbolicShape($0.shape) }, for: step) }
    let mask = graph.mask(of: call.input)
    // A network hides the mask that does not count beside states given by keyword.
    let countsMask = given.isEmpty || call.keywords["initial_state"] != nil
    let states = given.isEmpty && sequence.stateful ? try keptStates(step, &graph) : given
    let results = try run(call, states, countsMask ? mask : nil, &graph)
    if sequence.stateful { graph.keepStates(Array(results.dropFirst())) }
    if sequence.returnSequences { graph.setMask(mask, of: results[0]) }
    return sequence.returnState ? results : [results[0]]
  }

  /// The states that the call before left behind.
  private func keptStates(_ step: SymbolicShape, _ graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    graph.keptStates(of: try cell.stateShapes(for: step).compactMap { $0.known.map { ValueType($0) } })
  }

  /// The output and the final states.
  private func run(
    _ call: LayerCall, _ states: [Value], _ mask: Value?, _ graph: inout GraphBuilder
  ) throws(ModelError) -> [Value] {
    // Keras zeroes the masked steps of an unrolled loop at the end, by the mask in the order of the input.
    let zeroesAtEnd = sequence.unroll && sequence.returnSequences && sequence.zeroOutputForMask
    let run = SequenceRun(
      returnSequences: sequence.returnSequences, goBackwards: sequence.goBackwards,
      zeroOutputForMask: sequence.zeroOutputForMask && !zeroesAtEnd,
      mask: try mask.map { mask throws(ModelError) in
        try graph.asFloat(mask)
      })
    let (cell, inner) = (cell, call.inner("cell", inputs: [call.input] + states))
    var results = try graph.scoped("cell", className: cell.className) { graph throws(ModelError) in
      try cell.lowerSequence(inner, run, into: &graph)
    }
    if zeroesAtEnd, let mask = run.mask { results[0] = try graph.zero(results[0], where: mask) }
    return results
  }
}

extension GraphBuilder {
  /// `x` with zeros where `mask`, over the leading axes of `x`, is 0.
  fileprivate mutating func zero(_ x: Value, where mask: Value) throws(ModelError) -> Value {
    let zero = try constant("zero") { () throws(ModelError) in Tensor(scalar: Float(0)) }
    let missing = [Int](repeating: 1, count: x.shape.rank - mask.shape.rank)
    return try select(try reshape(mask, to: Shape(mask.shape + missing)), x, zero)
  }
}
