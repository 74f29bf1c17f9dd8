import OstinatoTensors

extension SequentialNetwork {
  /// The layers, with an input layer in front when the input's shape is known.
  package var config: [String: JSONValue] {
    let members = network.declaredInputs == nil ? network.members.dropFirst() : network.members[...]
    return ["layers": .array(members.map { JSONValue($0.namedLayer) })]
  }
}

extension FunctionalNetwork {
  package var config: [String: JSONValue] { FunctionalWriter(network).config }
}

/// Writes a network as `functional_from_config` in `keras/src/models/functional.py` reads it.
private struct FunctionalWriter {
  private let network: Network
  /// The number of each call among those of its layer.
  private let nodes: [Int]
  /// What Keras notes of the tensors, if the inputs are known.
  private let shapes: [[SymbolicShape]]

  init(_ network: Network) {
    self.network = network
    var counts: [Int: Int] = [:]
    nodes = network.calls.map { call in
      defer { counts[call.member, default: 0] += 1 }
      return counts[call.member, default: 0]
    }
    shapes = network.declaredInputs.flatMap { try? network.shapes(for: $0) } ?? []
  }

  var config: [String: JSONValue] {
    [
      "layers": .array(network.members.indices.map(member)), "input_layers": triples(network.inputs, keys: nil),
      "output_layers": triples(network.outputs, keys: network.outputKeys),
    ]
  }

  private func member(_ index: Int) -> JSONValue {
    let member = network.members[index]
    var object = JSONValue(member.namedLayer).object ?? [:]
    let calls = network.calls.filter { $0.member == index && !($0.inputs.isEmpty && $0.keywords.isEmpty) }
    object["name"] = .string(member.name)
    object["inbound_nodes"] = .array(calls.map { call($0, of: member.layer) })
    return .object(object)
  }

  // MARK: Calls

  private func call(_ call: Network.Call, of layer: any Layer) -> JSONValue {
    let tensors = call.inputs.map(tensor)
    if let operation = layer as? RawOperation {
      return .object([
        "args": .array(operation.call.positional.map { argument($0, tensors) }),
        "kwargs": .object(operation.call.keywords.mapValues { argument($0, tensors) }),
      ])
    }
    var keywords = call.constants
    for (name, references) in call.keywords {
      let values = references.map(tensor)
      keywords[name] =
        name == "initial_state" ? states(values, of: layer) : values.count == 1 ? values[0] : .array(values)
    }
    if !call.masks.isEmpty {
      let masks = call.masks.map { $0.map(tensor) ?? .null }
      keywords["mask"] = masks.count == 1 ? masks[0] : .array(masks)
    }
    return .object(["args": .array(arguments(tensors, of: layer, &keywords)), "kwargs": .object(keywords)])
  }

  /// The tensors as the layer takes them: one, several by place, a sequence with the states it begins with, or a list.
  private func arguments(
    _ tensors: [JSONValue], of layer: any Layer, _ keywords: inout [String: JSONValue]
  ) -> [JSONValue] {
    if type(of: layer).inputNames.count > 1 { return tensors }
    if layer is any RecurrentCellLayer {
      return tensors.count == 1 ? tensors : [tensors[0], states(Array(tensors.dropFirst()), of: layer)]
    }
    if tensors.count > 1, layer is any RecurrentLayer || layer is Bidirectional {
      keywords["initial_state"] = states(Array(tensors.dropFirst()), of: layer)
      return [tensors[0]]
    }
    return tensors.count == 1 && !(layer is any MergeLayer) ? tensors : [.array(tensors)]
  }

  /// A list of states, or one for each of several cells.
  private func states(_ tensors: [JSONValue], of layer: any Layer) -> JSONValue {
    let cell = (layer as? RNN)?.cell ?? layer
    guard let cells = (cell as? StackedRNNCells)?.cells else { return .array(tensors) }
    var rest = tensors[...]
    return .array(
      cells.map { cell in
        defer { rest = rest.dropFirst(cell.stateCount) }
        return .array(Array(rest.prefix(cell.stateCount)))
      })
  }

  private func argument(_ argument: OperationArgument, _ tensors: [JSONValue]) -> JSONValue {
    switch argument {
    case .tensor(let index): tensors[index]
    case .list(let elements): .array(elements.map { self.argument($0, tensors) })
    case .constant(let value): value
    }
  }

  // MARK: Tensors

  private func tensor(_ reference: Network.Reference) -> JSONValue {
    let outputs = shapes.indices.contains(reference.call) ? shapes[reference.call] : []
    let shape = outputs.indices.contains(reference.output) ? outputs[reference.output] : []
    return .object([
      "class_name": .string("__keras_tensor__"),
      "config": .object([
        "shape": JSONValue(shape), "dtype": .string("float32"),
        "keras_history": history(reference, node: nodes[reference.call]),
      ]),
    ])
  }

  private func history(_ reference: Network.Reference, node: Int) -> JSONValue {
    .array([.string(network.member(of: reference.call).name), .int(node), .int(reference.output)])
  }

  /// One triple, a list of them, or an object. A nested Functional is born with a call, which Keras counts here alone.
  private func triples(_ references: [Network.Reference], keys: [String]?) -> JSONValue {
    let triples = references.map { reference in
      let isFunctional = network.member(of: reference.call).layer.className == FunctionalNetwork.className
      return history(reference, node: nodes[reference.call] + (isFunctional ? 1 : 0))
    }
    if let keys { return .object(Dictionary(zip(keys, triples), uniquingKeysWith: { first, _ in first })) }
    return triples.count == 1 ? triples[0] : .array(triples)
  }
}
