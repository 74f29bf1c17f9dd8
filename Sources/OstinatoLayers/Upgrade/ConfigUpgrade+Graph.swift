// Calls in a functional model: Keras 2 writes `[[["x", 0, 0, {"mask": ["m", 0, 0]}]]]`, Keras 3
// `[{"args": […], "kwargs": {…}}]`.

extension ConfigUpgrade {
  static func functional(_ object: [String: JSONValue]) -> JSONValue {
    var object = object
    guard var config = object["config"]?.object, let layers = config["layers"]?.array else { return .object(object) }
    let nodes = NodeNumbers(layers: layers, outputs: config["output_layers"])
    config["layers"] = .array(layers.map { upgradedMember($0, nodes) })
    if let outputs = config["output_layers"] { config["output_layers"] = nodes.outputs(outputs) }
    object["config"] = .object(config)
    return .object(object)
  }

  private static func upgradedMember(_ layer: JSONValue, _ nodes: NodeNumbers) -> JSONValue {
    guard var members = layer.object, let inbound = members["inbound_nodes"]?.array else { return layer }
    members["inbound_nodes"] = .array(inbound.map { call($0, nodes) })
    return OperationUpgrade.upgraded(members) ?? .object(members)
  }

  /// One call in the form of Keras 3. Keras 2 repeats the keywords with every tensor.
  private static func call(_ node: JSONValue, _ nodes: NodeNumbers) -> JSONValue {
    guard node["args"] == nil else { return node }
    let entries = node.array ?? node.object.map { $0.sorted { $0.key < $1.key }.map(\.value) } ?? []
    let tensors = entries.map { entry in
      entry.array?.first == .string("_CONSTANT_VALUE") ? entry.array?.dropFirst(2).first ?? .null : nodes.tensors(entry)
    }
    let keywords = (entries.first?.array?.dropFirst(3).first?.object ?? [:]).mapValues(nodes.tensors)
    let arguments = tensors.count == 1 ? tensors : [.array(tensors)]
    return .object(["args": .array(arguments), "kwargs": .object(keywords)])
  }
}

/// The numbers of the calls of each layer.
///
/// A nested model of Keras 2 is born with a call of its own, so that its calls are numbered from 1 wherever they are
/// named. Keras 3 numbers them from 0, but for a Functional among the outputs of the model around it. Since every call
/// is used, a number that reaches the count of the calls tells that they begin at 1.
struct NodeNumbers {
  private let names: Set<String>
  private let functionals: Set<String>
  private var startsAtOne: Set<String> = []

  init(layers: [JSONValue], outputs: JSONValue?) {
    var counts: [String: Int] = [:]
    for layer in layers {
      if let name = Self.name(layer) { counts[name] = layer["inbound_nodes"]?.array?.count ?? 0 }
    }
    names = Set(counts.keys)
    functionals = Set(layers.filter { $0["class_name"]?.string == "Functional" }.compactMap(Self.name))
    let models = Set(layers.filter { $0["config"]?["layers"] != nil }.compactMap(Self.name))
    var references = Self.references(in: outputs ?? .null)
    for layer in layers { references += Self.references(in: layer["inbound_nodes"] ?? .null) }
    for (name, node) in references where models.contains(name) && node >= counts[name] ?? .max {
      startsAtOne.insert(name)
    }
  }

  private static func name(_ layer: JSONValue) -> String? { layer["name"]?.string ?? layer["config"]?["name"]?.string }

  /// Every `[layer, node, tensor, …]` inside `value`.
  private static func references(in value: JSONValue) -> [(String, Int)] {
    if let object = value.object { return object.values.flatMap(references) }
    guard let elements = value.array else { return [] }
    if elements.count >= 3, let name = elements[0].string, let node = elements[1].place {
      return [(name, node)] + elements.dropFirst(3).flatMap(references)
    }
    return elements.flatMap(references)
  }

  /// `value` with each `[layer, node, tensor]` in it as a tensor of Keras 3.
  func tensors(_ value: JSONValue) -> JSONValue {
    guard let elements = value.array else { return value }
    guard elements.count >= 3, let name = elements[0].string, names.contains(name), let node = elements[1].place,
      let output = elements[2].place
    else { return .array(elements.map(tensors)) }
    return .kerasTensor(name, startsAtOne.contains(name) ? node - 1 : node, output)
  }

  /// The outputs of the model with the numbers that Keras 3 would write.
  func outputs(_ value: JSONValue) -> JSONValue {
    if let object = value.object { return .object(object.mapValues(outputs)) }
    guard let elements = value.array else { return value }
    guard elements.count == 3, let name = elements[0].string, let node = elements[1].place else {
      return .array(elements.map(outputs))
    }
    let shift = (functionals.contains(name) ? 1 : 0) - (startsAtOne.contains(name) ? 1 : 0)
    return .array([elements[0], .int(node + shift), elements[2]])
  }
}
