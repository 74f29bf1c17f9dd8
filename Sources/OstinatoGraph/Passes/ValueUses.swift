/// Who takes each value of a graph, kept while a pass takes nodes out of use.
struct ValueUses {
  /// How many nodes take a value, or whether it is an output.
  private(set) var counts: [Int]
  private var places: [[Place]]

  private enum Place {
    case node(Int, slot: Int)
    case output(Int)
  }

  init(_ graph: Graph) {
    counts = graph.useCounts
    places = Array(repeating: [], count: graph.types.count)
    for (index, node) in graph.nodes.enumerated() {
      for (slot, value) in node.inputs.enumerated() { places[value].append(.node(index, slot: slot)) }
    }
    for (slot, value) in graph.outputs.enumerated() { places[value].append(.output(slot)) }
  }

  /// Makes the users of a node's only output take `value` instead, one of the node's own inputs: the node is out of use.
  mutating func bypass(_ node: Graph.Node, with value: Int, in graph: inout Graph) {
    let output = node.outputs[0]
    for place in places[output] {
      switch place {
      case .node(let index, let slot): graph.nodes[index].inputs[slot] = value
      case .output(let slot): graph.outputs[slot] = value
      }
    }
    places[value] += places[output]
    places[output] = []
    counts[value] += counts[output] - 1
  }

  /// Notes that input `slot` of node `index` takes `value`, which a node that goes out of use took before.
  mutating func move(_ value: Int, toNode index: Int, slot: Int) { places[value].append(.node(index, slot: slot)) }
}
