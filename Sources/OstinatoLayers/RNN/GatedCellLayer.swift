import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What the cells of `SimpleRNN`, `GRU` and `LSTM` have in common: a product with the input, a product with the state,
/// and what the gates make of them.
///
/// - Input: `(batch, features)`, then the states `(batch, units)`; output: `(batch, units)`, then the new states.
/// - Weights: kernel `(features, width)`, recurrent kernel `(units, width)`, bias; width is units times gates.
/// - Lowering: the inputs of all steps are projected by one GEMM; then a recurrent operation.
package protocol GatedCellLayer: RecurrentCellLayer {
  /// The extent of the output and of each state.
  var units: Int { get }
  var useBias: Bool { get }
  var activation: ActivationFunction { get }
  var recurrentActivation: ActivationFunction { get }
  /// What the kernel runs.
  var kind: RecurrentCell.Kind { get }
}

extension GatedCellLayer {
  public var stepRank: Int { 2 }

  private var width: Int { kind.gates * units }

  /// Whether the bias has a second row, which is added to the recurrent product.
  private var hasRecurrentBias: Bool { useBias && kind == .gru(resetAfter: true) }

  public func stateShapes(for step: SymbolicShape) throws(ModelError) -> [SymbolicShape] {
    [SymbolicShape](repeating: [step[0], units], count: kind == .lstm ? 2 : 1)
  }

  /// The weights with a bias of the given shape and initial values.
  func variables(
    for inputs: [SymbolicShape], bias shape: [Int], _ initializer: Initializer
  ) throws(ModelError) -> [Variable] {
    let features = try onlyInput(Array(inputs.prefix(1)))[-1]
    return [
      Variable("kernel", [features, width], .glorotUniform),
      Variable("recurrent_kernel", [units, width], .orthogonal()),
    ] + (useBias ? [Variable("bias", SymbolicShape(shape), initializer)] : [])
  }

  public func lowerSequence(
    _ call: LayerCall, _ run: SequenceRun, into graph: inout GraphBuilder
  ) throws(ModelError) -> [Value] {
    let cell = RecurrentCell(
      kind: kind, units: units, activation: try activation.ofGate(unitAxes: [-1, 1]),
      recurrentActivation: try recurrentActivation.ofGate(unitAxes: [-1, 1]))
    let kernel = try graph.weight("kernel", 0, of: call)
    let recurrentKernel = try graph.weight("recurrent_kernel", 1, of: call)
    let bias = useBias ? try graph.bias("bias", of: call, 0..<width) : nil
    let recurrentBias = hasRecurrentBias ? try graph.bias("recurrent_bias", of: call, width..<2 * width) : nil
    let states = call.inputs.dropFirst()
    let operation = Recurrent(
      cell: cell, goBackwards: run.goBackwards, returnSequences: run.returnSequences,
      zeroOutputForMask: run.zeroOutputForMask, hasRecurrentBias: hasRecurrentBias, hasMask: run.mask != nil,
      hasInitialState: !states.isEmpty)
    let projected = try graph.gemm(call.input, kernel: kernel, bias: bias)
    return try graph.add(
      operation, [projected, recurrentKernel] + [recurrentBias, run.mask].compactMap { $0 } + states)
  }
}

extension GraphBuilder {
  /// The elements `range` of a cell's bias, under a name of their own.
  fileprivate mutating func bias(
    _ name: String, of call: LayerCall, _ range: Range<Int>
  ) throws(ModelError) -> Value {
    let bias = call.weights.variables[2]
    return try constant(name) { () throws(ModelError) in Tensor(Array(bias.floats[range])) }
  }
}

extension ActivationFunction {
  /// The function as a recurrent cell applies it.
  /// - Parameter unitAxes: the numbers under which a gate's axis of units goes.
  /// - Throws: for functions of another axis, and for those that do not keep the gate's shape.
  func ofGate(unitAxes: Set<Int>) throws(ModelError) -> GateFunction {
    if self == .linear { return .identity }
    if let elementwise { return .elementwise(elementwise) }
    guard let (function, axis) = overAxis, unitAxes.contains(axis) else {
      throw ModelError(
        .unsupportedLayer, "",
        "expected an activation of units, or over the axis of units, in a cell. Received: \(self)")
    }
    return .acrossUnits(function)
  }
}
