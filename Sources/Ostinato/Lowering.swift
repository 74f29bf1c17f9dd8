import OstinatoGraph
import OstinatoLayers
import OstinatoTensors

/// How a model with its weights becomes a graph of operations.
struct Lowering: Sendable {
  let root: any Layer
  let weights: LayerWeights?
  /// The element types of the model's inputs.
  let inputTypes: [DataType]
  /// Whether an input holds strings.
  let readsStrings: Bool
  /// The most bytes that a value may take.
  let maximumBytes: Int
  let constants = PreparedConstants()

  init(_ root: any Layer, _ network: Network, _ weights: LayerWeights?, _ options: ExecutionOptions) {
    self.root = root
    self.weights = weights
    self.inputTypes = network.inputDataTypes
    self.readsStrings = inputTypes.contains(.string)
    self.maximumBytes = options.maximumBytes
  }

  /// The graph for inputs of the given shapes: those of the model, then what was read from strings among them, then,
  /// with `keepsStates`, the states that outlive a run.
  func graph(for shapes: [Shape], keepsStates: Bool) throws(ModelError) -> Graph {
    var graph = GraphBuilder(
      constants: constants, keepsStates: keepsStates, strings: .readings(Array(shapes.dropFirst(inputTypes.count))),
      maximumBytes: maximumBytes)
    let outputs = try lower(Array(zip(shapes, inputTypes)), into: &graph)
    return graph.finish(outputs: outputs)
  }

  /// What the model's layers read from inputs that hold strings; see ``StringSource``.
  func readings(of inputs: [Tensor]) throws(ModelError) -> [Tensor] {
    var graph = GraphBuilder(constants: constants, strings: .inputs(inputs), maximumBytes: maximumBytes)
    _ = try lower(Array(zip(inputs.map(\.shape), inputTypes)), into: &graph)
    return graph.readings
  }

  private func lower(
    _ types: [(Shape, DataType)], into graph: inout GraphBuilder
  ) throws(ModelError) -> [Value] {
    let inputs = types.map { graph.input(ValueType($0, $1)) }
    return try root.lower(LayerCall(inputs: inputs, weights: weights ?? LayerWeights()), into: &graph)
  }
}
