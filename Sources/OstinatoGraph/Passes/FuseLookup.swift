import OstinatoTensors

/// `recurrent(gather(T, i))` ⇒ `recurrent` that takes its inputs from the table `T` itself: the projections of a whole
/// sequence, several times the size of its outputs, are never written.
///
/// Applies where nobody else looks at what is gathered. The indices are checked first, in the name of the layer that looks
/// them up.
struct FuseLookup: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    let (producers, counts) = (graph.producers, graph.useCounts)
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard var recurrent = node.operation as? Recurrent, recurrent.takesWholeSteps, recurrent.input == .projected,
        counts[node.inputs[0]] == 1, let producer = producers[node.inputs[0]],
        graph.nodes[producer].operation is Gather
      else { continue }
      recurrent.input = .lookedUp
      let gather = graph.nodes[producer]
      let rows = graph.types[gather.inputs[0]].shape[0]
      let checked = try graph.makeNode(CheckedIndices(rows: rows), [gather.inputs[1]], for: gather.layer)
      graph.nodes[producer] = checked
      graph.nodes[index].operation = recurrent
      graph.nodes[index].inputs = [gather.inputs[0]] + node.inputs.dropFirst() + checked.outputs
    }
  }
}
