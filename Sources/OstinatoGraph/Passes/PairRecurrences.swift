import OstinatoTensors

/// Two recurrences that do not depend on each other ⇒ one ``RecurrentPair``.
///
/// A recurrence over few rows cannot be cut among threads; both directions of a bidirectional layer can run at once.
struct PairRecurrences: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    while let (first, second) = independentPair(in: graph) {
      let (left, right) = (graph.nodes[first.index], graph.nodes[second.index])
      graph.nodes[second.index] = Graph.Node(
        operation: RecurrentPair(
          first: first.operation, second: second.operation, inputCount: left.inputs.count,
          outputCount: left.outputs.count),
        inputs: left.inputs + right.inputs, outputs: left.outputs + right.outputs, layer: left.layer)
      graph.nodes.remove(at: first.index)
    }
  }

  private typealias Recurrence = (index: Int, operation: Recurrent)

  private func phases(of recurrence: Recurrence, in graph: Graph) -> Int {
    recurrence.operation.phases(inputs: graph.nodes[recurrence.index].inputs.map { graph.types[$0] })
  }

  /// A recurrence and the next one, when nothing up to there waits for the first.
  private func independentPair(in graph: Graph) -> (Recurrence, Recurrence)? {
    let recurrences = graph.nodes.indices.compactMap { index in
      (graph.nodes[index].operation as? Recurrent).map { Recurrence(index, $0) }
    }
    return zip(recurrences, recurrences.dropFirst()).first { first, second in
      let results = Set(graph.nodes[first.index].outputs)
      guard phases(of: first, in: graph) == phases(of: second, in: graph) else { return false }
      return graph.nodes[first.index + 1...second.index].allSatisfy { results.isDisjoint(with: $0.inputs) }
    }
  }
}
