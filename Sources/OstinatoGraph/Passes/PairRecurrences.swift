import OstinatoTensors

/// Two recurrences that do not depend on each other ⇒ one ``Pair``.
///
/// A recurrence over few rows cannot be cut among threads; both directions of a bidirectional layer can run at once.
struct PairRecurrences: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    while let (first, second) = independentPair(in: graph) {
      let (left, right) = (graph.nodes[first], graph.nodes[second])
      graph.nodes[second] = Graph.Node(
        operation: Pair(
          first: left.operation, second: right.operation, inputCount: left.inputs.count,
          outputCount: left.outputs.count),
        inputs: left.inputs + right.inputs, outputs: left.outputs + right.outputs, layer: left.layer)
      graph.nodes.remove(at: first)
    }
  }

  /// A recurrence and the next one, when nothing up to there waits for the first.
  private func independentPair(in graph: Graph) -> (Int, Int)? {
    let recurrences = graph.nodes.indices.filter { graph.nodes[$0].operation is Recurrent }
    return zip(recurrences, recurrences.dropFirst()).first { first, second in
      let results = Set(graph.nodes[first].outputs)
      return graph.nodes[first + 1...second].allSatisfy { results.isDisjoint(with: $0.inputs) }
    }
  }
}
