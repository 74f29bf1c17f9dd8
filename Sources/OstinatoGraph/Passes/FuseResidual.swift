import OstinatoKernels
import OstinatoTensors

/// `linear(x) + y` ⇒ `linear` with `y` as the residual of its epilogue, when `y` is known by then and has the same shape.
struct FuseResidual: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    let producers = graph.producers
    var uses = ValueUses(graph)
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard let binary = node.operation as? Binary, binary.function == .add,
        graph.types[node.inputs[0]] == graph.types[node.inputs[1]]
      else { continue }
      // The later of the two producers can take the earlier one's output; the other way round it does not exist yet.
      for (own, other) in [(node.inputs[1], node.inputs[0]), (node.inputs[0], node.inputs[1])] {
        guard uses.counts[own] == 1, let target = producers[own], target > (producers[other] ?? -1),
          var operation = graph.nodes[target].operation as? any LinearOperation, !operation.epilogue.hasResidual,
          operation.epilogue.activation == nil
        else { continue }
        operation.epilogue.hasResidual = true
        graph.nodes[target].operation = operation
        uses.move(other, toNode: target, slot: graph.nodes[target].inputs.count)
        graph.nodes[target].inputs.append(other)
        uses.bypass(node, with: own, in: &graph)
        break
      }
    }
  }
}
