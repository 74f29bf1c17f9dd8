import OstinatoTensors

/// A graph made ready to run for one set of input shapes: a flat list of steps, each with a kernel and the places of
/// its operands.
package struct Program: Sendable {
  /// One kernel and where its operands are.
  package struct Step: Sendable {
    package let operation: any Operation
    package let kernel: Kernel
    /// Where its operands are: its inputs, then its outputs.
    package let places: [Location]
    package let inputCount: Int
    package let inputTypes: [ValueType]
    package let outputTypes: [ValueType]
    /// The layer that asked for it.
    package let layer: LayerLabel

    /// Floating-point operations of the whole step, a multiply-add counted as two.
    package let flops: Int
    /// What the step costs, in floating-point operations: its own, and those that could be done while its bytes move.
    package let work: Double

    package var inputs: ArraySlice<Location> { places.prefix(inputCount) }
    package var outputs: ArraySlice<Location> { places.dropFirst(inputCount) }
  }

  package let steps: [Step]
  package let inputs: [ValueType]
  package let outputs: [ValueType]
  package let constants: [Tensor]
  /// Bytes of the arena for all intermediate values.
  package let arenaBytes: Int
  /// Bytes of scratch that one worker needs.
  package let scratchBytes: Int
  /// What all steps cost; see ``Step/work``.
  package let work: Double
  /// How many times as many rows would make the most of each reading of the weights.
  package let rowsWanted: Int
  /// Steps of less than this share of all work do not count: their rows would put those of others out of the cache.
  private static let shareThatCounts = 0.125
  /// Whether the batch may not be cut because rows are mixed.
  package let mixesBatch: Bool
  /// For each output that holds strings, what its elements are numbers of.
  package let stringTables: [Int: [String]]

  /// Compiles `graph`.
  /// - Parameters:
  ///   - passes: ``optimisingPasses``, or none to run every operation as the layers wrote it.
  ///   - forEach: makes the constants.
  package init(
    _ graph: Graph, passes: [any Pass], constants: PreparedConstants, forEach: ForEachIndex
  ) throws(ModelError) {
    var graph = graph
    try graph.rewrite(by: passes, constants: constants)
    self.stringTables = try graph.outputTables()
    graph.materializeOutputs()
    let plan = MemoryPlan(graph)
    self.steps = graph.nodes.filter { $0.operation.viewedInput == nil }.map { Step($0, graph, plan) }
    self.inputs = graph.inputs.map { graph.types[$0] }
    self.outputs = graph.outputs.map { graph.types[$0] }
    self.constants = plan.constants.tensors(forEach)
    constants.emptyScratch()
    self.arenaBytes = plan.arenaBytes
    self.scratchBytes = steps.map(\.kernel.scratchBytes).max() ?? 0
    let work = steps.reduce(0) { $0 + $1.work }
    self.work = work
    self.rowsWanted = steps.filter { $0.work > Self.shareThatCounts * work }.map(\.kernel.rowsWanted).max() ?? 1
    self.mixesBatch = graph.mixesBatch
  }
}

extension Graph {
  /// The strings of each output that holds some, by its place among the outputs.
  fileprivate func outputTables() throws(ModelError) -> [Int: [String]] {
    var tables: [Int: [String]] = [:]
    for (slot, output) in outputs.enumerated() where types[output].dataType == .string {
      guard let table = stringTables[output] else {
        throw ModelError(.invalidInput, "output \(slot)", "expected numbers. Received: the strings of an input")
      }
      tables[slot] = table
    }
    return tables
  }
}

extension Program.Step {
  fileprivate init(_ node: Graph.Node, _ graph: Graph, _ plan: MemoryPlan) {
    func locations(_ values: [Int]) -> [Location] { values.compactMap { plan.locations[$0] } }
    self.operation = node.operation
    self.layer = node.layer
    self.inputTypes = node.inputs.map { graph.types[$0] }
    self.outputTypes = node.outputs.map { graph.types[$0] }
    self.flops = node.operation.flops(inputs: inputTypes, outputs: outputTypes)
    self.work = Double(flops) + 3 * node.operation.bytes(inputs: inputTypes, outputs: outputTypes)
    self.kernel = node.operation.kernel(inputs: inputTypes, outputs: outputTypes)
    self.places = locations(node.inputs + node.outputs)
    self.inputCount = node.inputs.count
  }
}

extension Program: CustomStringConvertible {
  /// One line per step: what it does, on what sizes, for which layer.
  package var description: String {
    steps.map { step in
      let detail = step.operation.detail(inputs: step.inputTypes, outputs: step.outputTypes)
      let sizes = detail.isEmpty ? step.outputTypes.map(\.description).joined(separator: ", ") : detail
      return "\(step.operation.name) [\(sizes)] \(step.layer.path)"
    }.joined(separator: "\n")
  }
}
