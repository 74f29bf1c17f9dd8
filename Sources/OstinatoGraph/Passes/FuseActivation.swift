import OstinatoTensors

/// `unary(linear(x))` ⇒ `linear` with the function in its epilogue, seen through views.
struct FuseActivation: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    let producers = graph.producers
    var uses = ValueUses(graph)
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard let unary = node.operation as? Unary,
        let (target, operation) = graph.soleLinearProducer(
          of: node.inputs[0], producers: producers, uses: uses), operation.epilogue.activation == nil
      else { continue }
      var fused = operation
      fused.epilogue.activation = unary.function
      graph.nodes[target].operation = fused
      uses.bypass(node, with: node.inputs[0], in: &graph)
    }
  }
}
