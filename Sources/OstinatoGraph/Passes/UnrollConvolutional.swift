import OstinatoKernels
import OstinatoTensors

/// A recurrence over images ⇒ a convolution and a ``ConvolutionalStep`` for each moment.
///
/// So its convolutions have the kernels that all others have, and threads share them where there are few images.
struct UnrollConvolutional: Pass {
  /// A longer sequence stays one step: its program would take long to compile.
  private static let mostMoments = 64

  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    var nodes: [Graph.Node] = []
    for node in graph.nodes {
      if let recurrence = node.operation as? ConvolutionalRecurrent, canUnroll(recurrence, node, graph) {
        var unrolled = Unrolled(node, recurrence)
        try unrolled.run(on: &graph, constants)
        nodes += unrolled.nodes
      } else {
        nodes.append(node)
      }
    }
    graph.nodes = nodes
  }

  private func canUnroll(_ recurrence: ConvolutionalRecurrent, _ node: Graph.Node, _ graph: Graph) -> Bool {
    let projected = graph.types[node.inputs[0]].shape
    return !recurrence.hasMask && recurrence.cell.hasWholeStep && graph.constant(node.inputs[1]) != nil
      && projected.elementCount > 0 && projected[1] <= Self.mostMoments
  }
}

/// One recurrence taken apart.
private struct Unrolled {
  let node: Graph.Node
  let recurrence: ConvolutionalRecurrent
  private(set) var nodes: [Graph.Node] = []

  init(_ node: Graph.Node, _ recurrence: ConvolutionalRecurrent) {
    (self.node, self.recurrence) = (node, recurrence)
  }

  mutating func run(on graph: inout Graph, _ constants: PreparedConstants) throws(ModelError) {
    let (projected, kernel) = (node.inputs[0], node.inputs[1])
    let (time, state) = (graph.types[projected].shape[1], graph.types[node.outputs[1]].shape)
    var states = Array(node.inputs.dropFirst(2))
    var sequence: [Int] = []
    for step in 0..<time {
      let products: Int
      if states.isEmpty {
        products = try zeros(Shape(state.dropLast() + [recurrence.cell.width]), &graph, constants)
        states = [products, try zeros(state, &graph, constants)]
      } else {
        products = try add(Convolution(geometry: recurrence.geometry), [states[0], kernel], &graph)[0]
      }
      let moment = recurrence.goBackwards ? time - 1 - step : step
      states = try add(
        ConvolutionalStep(cell: recurrence.cell, moment: moment), [projected, products, states[1]], &graph)
      sequence.append(states[0])
    }
    // The last step gives the states themselves.
    nodes[nodes.count - 1].outputs = Array(node.outputs.dropFirst())
    sequence[time - 1] = node.outputs[1]
    try finish(sequence, &graph)
  }

  /// The output: all hidden states, or the last.
  private mutating func finish(_ sequence: [Int], _ graph: inout Graph) throws(ModelError) {
    let shape = graph.types[node.outputs[0]].shape
    guard recurrence.returnSequences else {
      try add(Reshape(shape), [sequence[sequence.count - 1]], &graph)
      nodes[nodes.count - 1].outputs = [node.outputs[0]]
      return
    }
    let moment = Shape([shape[0], 1] + shape.dropFirst(2))
    let images = try sequence.map { image throws(ModelError) in try add(Reshape(moment), [image], &graph)[0] }
    try add(Concatenate(axis: 1), images, &graph)
    nodes[nodes.count - 1].outputs = [node.outputs[0]]
  }

  private mutating func zeros(
    _ shape: Shape, _ graph: inout Graph, _ constants: PreparedConstants
  ) throws(ModelError) -> Int {
    let zero = graph.add(constants.constant("zero") { Tensor(scalar: Float(0)) })
    let layout = StridedLayout(extents: [shape.elementCount], strides: [0])
    return try add(Rearrange(name: "zeros", shape: shape, layout: layout), [zero], &graph)[0]
  }

  @discardableResult
  private mutating func add(
    _ operation: any Operation, _ inputs: [Int], _ graph: inout Graph
  ) throws(ModelError) -> [Int] {
    let added = try graph.makeNode(operation, inputs, for: node.layer)
    nodes.append(added)
    return added.outputs
  }
}
