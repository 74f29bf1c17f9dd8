import OstinatoTensors

/// The layer that an operation comes from.
package struct LayerLabel: Sendable, Hashable {
  /// Where it is in the model: `encoder/dense_1`.
  package let path: String
  /// Keras' class name.
  package let className: String

  package init(path: String, className: String) {
    self.path = path
    self.className = className
  }

  /// As errors name it: `encoder/dense_1 (Dense)`.
  package var subject: String { className.isEmpty ? path : "\(path) (\(className))" }
}

/// Operations on typed values, in an order in which each comes after what it needs.
package struct Graph: Sendable {
  /// Where a value comes from.
  package enum Origin: Sendable {
    case input(Int)
    case constant(Constant)
    case node
  }

  /// One operation at its place.
  package struct Node: Sendable {
    package var operation: any Operation
    package var inputs: [Int]
    package var outputs: [Int]
    /// The layer that asked for it.
    package var layer: LayerLabel
  }

  package var nodes: [Node] = []
  package private(set) var types: [ValueType] = []
  package private(set) var origins: [Origin] = []
  package private(set) var inputs: [Int] = []
  package var outputs: [Int] = []
  /// Whether an operation mixes rows of the batch, so that the batch may not be cut.
  package var mixesBatch = false
  /// The strings that the elements of a string value are numbers of, by value.
  package var stringTables: [Int: [String]] = [:]

  package init() {}

  /// A new value.
  package mutating func makeValue(_ type: ValueType, _ origin: Origin) -> Int {
    types.append(type)
    origins.append(origin)
    let id = types.count - 1
    if case .input = origin { inputs.append(id) }
    return id
  }

  /// The tensor of a constant value, or nil.
  package func constant(_ value: Int) -> Constant? {
    if origins.indices.contains(value), case .constant(let constant) = origins[value] { return constant }
    return nil
  }

  /// The index of the node that gives each value, by value.
  package var producers: [Int: Int] {
    var producers: [Int: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.outputs { producers[output] = index }
    }
    return producers
  }

  /// For each value, the one whose bytes it shows: itself unless it is a view.
  var viewRoots: [Int] {
    var roots = Array(types.indices)
    for node in nodes {
      if let viewed = node.operation.viewedInput { roots[node.outputs[0]] = roots[node.inputs[viewed]] }
    }
    return roots
  }

  /// How often each value is taken by a node or is an output of the graph.
  package var useCounts: [Int] {
    var counts = [Int](repeating: 0, count: types.count)
    for node in nodes { for input in node.inputs { counts[input] += 1 } }
    for output in outputs { counts[output] += 1 }
    return counts
  }

  /// Checks that each node comes after its inputs and that the types are what the operations say.
  package func verify() throws(ModelError) {
    var defined = Set(origins.indices.filter { if case .node = origins[$0] { false } else { true } })
    for node in nodes {
      guard defined.isSuperset(of: node.inputs) else {
        throw ModelError(.malformedGraph, node.layer.subject, "\(node.operation.name) comes before one of its inputs")
      }
      let expected = try node.operation.outputTypes(for: node.inputs.map { types[$0] })
      guard expected == node.outputs.map({ types[$0] }) else {
        throw ModelError(.malformedGraph, node.layer.subject, "\(node.operation.name) gives \(expected)")
      }
      defined.formUnion(node.outputs)
    }
    guard defined.isSuperset(of: outputs) else {
      throw ModelError(.malformedGraph, "outputs", "an output is never computed")
    }
  }
}
