import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What the recurrent layers have in common: a cell that goes over the time axis.
///
/// - Input: `(batch, time, features)`; output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`;
///   with `returnState` the final states `(batch, units)` follow.
/// - Mask: a masked step keeps the state and repeats the output before it.
/// - Lowering: the inputs of all steps are projected by one GEMM; then a recurrent operation.
/// - Reference: `keras/src/layers/rnn/rnn.py`.
public protocol RecurrentLayer: Layer {
  /// The type of the cell.
  associatedtype Cell: RecurrentCellLayer
  /// The cell, which has the weights.
  var cell: Cell { get }
  /// Keras' arguments about the sequence.
  var sequence: SequenceArguments { get set }
}

/// A layer that computes one step, and lives inside a recurrent layer.
public protocol RecurrentCellLayer: Layer {
  /// The extent of the output and of each state.
  var units: Int { get }
  /// Whether there are biases.
  var useBias: Bool { get }
  /// What the kernel runs.
  var recurrentCell: RecurrentCellDescription { get }
}

/// A recurrent cell as the graph knows it.
public struct RecurrentCellDescription: Sendable {
  package let cell: RecurrentCell
  /// Whether the second row of the bias is added to the recurrent product.
  package var hasRecurrentBias = false
}

/// The arguments of a recurrent layer that are about the sequence.
public struct SequenceArguments: Sendable {
  /// Whether the output of every step is returned, rather than the last.
  public var returnSequences = false
  /// Whether the final states are returned too.
  public var returnState = false
  /// Whether the steps are taken from the last to the first; outputs come in the order of processing.
  public var goBackwards = false
  /// Whether a masked step gives zeros.
  public var zeroOutputForMask = false
}

extension SequenceArguments {
  init(config: LayerConfig) throws(ModelError) {
    returnSequences = try config.bool("return_sequences", default: false)
    returnState = try config.bool("return_state", default: false)
    goBackwards = try config.bool("go_backwards", default: false)
    zeroOutputForMask = try config.bool("zero_output_for_mask", default: false)
    if try config.bool("stateful", default: false) {
      throw config.failure("stateful", expected: "False")
    }
  }

  var config: [String: JSONValue] {
    [
      "return_sequences": .bool(returnSequences), "return_state": .bool(returnState),
      "go_backwards": .bool(goBackwards), "zero_output_for_mask": .bool(zeroOutputForMask),
    ]
  }
}

extension RecurrentLayer {
  public var config: [String: JSONValue] { cell.config.merging(sequence.config) { cell, _ in cell } }

  private var stateCount: Int { cell.recurrentCell.cell.kind == .lstm ? 2 : 1 }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard let input = inputs.first, input.rank == 3 else {
      throw ModelError(
        .shapeMismatch, "", "expected input of rank 3 (batch, time, features). Received: \(inputs.first ?? [])")
    }
    let state: SymbolicShape = [input[0], cell.units]
    let output: SymbolicShape = sequence.returnSequences ? [input[0], input[1], cell.units] : state
    return [output] + (sequence.returnState ? [SymbolicShape](repeating: state, count: stateCount) : [])
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    let input = try onlyInput(Array(inputs.prefix(1)))
    guard input.rank == 3 else { throw mismatch("input of rank 3 (batch, time, features)", input) }
    return [Sublayer("cell", cell, inputs: [[input[0], input[2]]])]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let description = cell.recurrentCell
    let mask = graph.mask(of: call.input)
    let initialState = try initialState(call)
    let (projected, recurrent) = try graph.scoped("cell") { graph throws(ModelError) in
      try project(call, description, into: &graph)
    }
    let operation = Recurrent(
      cell: description.cell, goBackwards: sequence.goBackwards, returnSequences: sequence.returnSequences,
      zeroOutputForMask: sequence.zeroOutputForMask, hasRecurrentBias: description.hasRecurrentBias,
      hasMask: mask != nil, hasInitialState: !initialState.isEmpty)
    let results = try graph.add(operation, [projected] + recurrent + (mask.map { [$0] } ?? []) + initialState)
    if sequence.returnSequences { graph.setMask(mask, of: results[0]) }
    return sequence.returnState ? results : [results[0]]
  }

  /// The states to start from: given by keyword, or as inputs after the first; none to start from zeros.
  private func initialState(_ call: LayerCall) throws(ModelError) -> [Value] {
    let states = call.keywords["initial_state"] ?? Array(call.inputs.dropFirst())
    guard states.isEmpty || states.count == stateCount else {
      throw ModelError(.shapeMismatch, "", "expected \(stateCount) initial states. Received: \(states.count)")
    }
    return states
  }

  /// `x · kernel + bias` of all steps, and what the recurrent product needs: its kernel and maybe its bias.
  private func project(
    _ call: LayerCall, _ description: RecurrentCellDescription, into graph: inout GraphBuilder
  ) throws(ModelError) -> (projected: Value, recurrent: [Value]) {
    let inner = call.inner("cell", inputs: call.inputs)
    let kernel = try graph.weight("kernel", 0, of: inner)
    let recurrentKernel = try graph.weight("recurrent_kernel", 1, of: inner)
    guard cell.useBias else {
      return (try graph.gemm(call.input, kernel: kernel, bias: nil), [recurrentKernel])
    }
    let bias = inner.weights.variables[2]
    let width = description.cell.width
    let inputBias = try graph.constant("bias") { () throws(ModelError) in
      Tensor(Array(bias.floats[..<width]))
    }
    let projected = try graph.gemm(call.input, kernel: kernel, bias: inputBias)
    guard description.hasRecurrentBias else { return (projected, [recurrentKernel]) }
    let recurrentBias = try graph.constant("recurrent_bias") { () throws(ModelError) in
      Tensor(Array(bias.floats[width...]))
    }
    return (projected, [recurrentKernel, recurrentBias])
  }
}
