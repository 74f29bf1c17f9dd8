import OstinatoTensors

extension Network {
  /// The network that the config of a Functional model describes. Source:
  /// `keras/src/models/functional.py`, `functional_from_config`.
  package init(functional config: LayerConfig) throws(ModelError) {
    guard let entries = config["layers"]?.array else { throw config.failure("layers", expected: "a list of layers") }
    var reader = FunctionalReader(config)
    for entry in entries { try reader.readMember(entry) }
    try reader.orderCalls()
    let inputs = try reader.references("input_layers")
    let outputs = try reader.references("output_layers")
    try self.init(
      members: reader.members, calls: reader.orderedCalls, inputs: inputs.references, outputs: outputs.references,
      outputKeys: outputs.keys)
  }
}

/// Reads layers and their calls, which may come in any order, and puts the calls in order.
private struct FunctionalReader {
  /// A call's place in the file: which layer, and which of its calls.
  private struct Key: Hashable {
    let layer: String
    let node: Int
  }

  /// A tensor that a call takes: an output of another call.
  private struct Source {
    let key: Key
    let output: Int
  }

  private struct PendingCall {
    let key: Key
    let member: Int
    var inputs: [Source] = []
    var keywords: [String: [Source]] = [:]
    var masks: [Source?] = []
    var constants: [String: JSONValue] = [:]
    var dependencies: [Key] {
      inputs.map(\.key) + masks.compactMap { $0?.key } + keywords.values.flatMap { $0.map(\.key) }
    }
  }

  private let config: LayerConfig
  private(set) var members: [Network.Member] = []
  private(set) var orderedCalls: [Network.Call] = []
  private var pending: [PendingCall] = []
  private var positions: [Key: Int] = [:]

  init(_ config: LayerConfig) {
    self.config = config
  }

  private func failure(_ subject: String, _ message: String) -> ModelError {
    ModelError(.malformedGraph, subject, message)
  }

  // MARK: Layers

  mutating func readMember(_ entry: JSONValue) throws(ModelError) {
    let layer = try entry.isOperation ? operation(entry) : config.context.layer(from: entry)
    guard let name = entry["name"]?.string ?? layer.name else {
      throw failure(config.subject, "expected a layer with a name. Received: \(entry)")
    }
    guard let nodes = entry["inbound_nodes"]?.array else {
      throw failure(
        name, "expected `inbound_nodes` to be a list of calls. Received: \(entry["inbound_nodes"] ?? .null)")
    }
    let member = members.count
    members.append(Network.Member(name: name, layer: layer))
    for (index, node) in nodes.enumerated() { try readCall(node, Key(layer: name, node: index), member) }
    if nodes.isEmpty && layer is InputLayer {
      pending.append(PendingCall(key: Key(layer: name, node: 0), member: member))
    }
  }

  /// An operation takes its arguments from its calls, which differ in their tensors alone; those that its class was made
  /// with are in its config.
  private func operation(_ entry: JSONValue) throws(ModelError) -> RawOperation {
    let calls = (entry["inbound_nodes"]?.array ?? []).map(Self.arguments)
    let (className, name) = (entry["class_name"]?.string ?? "", entry["name"]?.string ?? "")
    let call = calls.first ?? OperationArguments()
    guard calls.allSatisfy({ $0 == call }) else {
      throw failure("\(name) (\(className))", "expected calls with the same arguments but for the tensors")
    }
    return try RawOperation(className, name: name, settings: entry["config"]?.object ?? [:], call: call)
  }

  private static func arguments(ofCall call: JSONValue) -> OperationArguments {
    var tensors = 0
    let positional = (call["args"]?.array ?? []).map { argument($0, &tensors) }
    var keywords: [String: OperationArgument] = [:]
    for (name, value) in (call["kwargs"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      keywords[name] = argument(value, &tensors)
    }
    return OperationArguments(positional: positional, keywords: keywords)
  }

  /// An argument with its tensors numbered in the order in which they come.
  private static func argument(_ value: JSONValue, _ tensors: inout Int) -> OperationArgument {
    if value.isTensor {
      tensors += 1
      return .tensor(tensors - 1)
    }
    guard let elements = value.array else { return .constant(value) }
    return .list(elements.map { argument($0, &tensors) })
  }

  private mutating func readCall(_ node: JSONValue, _ key: Key, _ member: Int) throws(ModelError) {
    guard let arguments = node["args"]?.array else {
      throw failure(key.layer, "expected a call with `args`. Received: \(node)")
    }
    var call = PendingCall(key: key, member: member)
    let layer = members[member].layer
    let inputNames = type(of: layer).inputNames
    let laterNames = layer is RawOperation ? [] : type(of: layer).laterArgumentNames
    var keywords = node["kwargs"]?.object ?? [:]
    for (place, argument) in arguments.enumerated() {
      if laterNames.indices.contains(place - inputNames.count) {
        keywords[laterNames[place - inputNames.count]] = argument
      } else {
        call.inputs += try sources(in: argument, key.layer)
      }
    }
    let names = layer is RawOperation ? keywords.keys.sorted() : Array(inputNames.dropFirst(arguments.count))
    for name in names { call.inputs += try sources(in: keywords[name] ?? .null, key.layer) }
    for (name, value) in keywords where !names.contains(name) && !value.isNull {
      let found = try sources(in: value, key.layer)
      if found.isEmpty { call.constants[name] = value } else { call.keywords[name] = found }
    }
    if call.keywords.removeValue(forKey: "mask") != nil, let mask = keywords["mask"] {
      for entry in mask.array ?? [mask] { call.masks.append(try sources(in: entry, key.layer).first) }
    }
    pending.append(call)
  }

  /// The tensors inside an argument, in order; those of an object by sorted keys, as Keras' `tree.flatten`.
  private func sources(in value: JSONValue, _ layer: String) throws(ModelError) -> [Source] {
    guard value.isTensor else {
      let elements = value.array ?? value.object?.sorted { $0.key < $1.key }.map(\.value) ?? []
      var found: [Source] = []
      for element in elements { found += try sources(in: element, layer) }
      return found
    }
    guard let history = value["config"]?["keras_history"]?.array, let source = Self.source(history) else {
      throw failure(layer, "expected `keras_history` to be [layer, node, tensor]. Received: \(value)")
    }
    return [source]
  }

  private static func source(_ triple: [JSONValue]) -> Source? {
    guard triple.count >= 3, let layer = triple[0].string, let node = triple[1].place,
      let output = triple[2].place
    else { return nil }
    return Source(key: Key(layer: layer, node: node), output: output)
  }

  // MARK: Order

  /// Puts each call after those it depends on.
  mutating func orderCalls() throws(ModelError) {
    let byKey = Dictionary(pending.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    for call in pending {
      if let missing = call.dependencies.first(where: { byKey[$0] == nil }) {
        throw failure(
          call.key.layer,
          "expected an input from a layer of this model. Received: '\(missing.layer)' "
            + "(call \(missing.node))")
      }
    }
    var waiting = Dictionary(
      pending.map { ($0.key, Set($0.dependencies).count) }, uniquingKeysWith: { first, _ in first })
    var users: [Key: [Key]] = [:]
    for call in pending { for dependency in Set(call.dependencies) { users[dependency, default: []].append(call.key) } }
    var ready = pending.filter { $0.dependencies.isEmpty }.map(\.key)
    var next = 0
    while next < ready.count {
      let key = ready[next]
      next += 1
      if let call = byKey[key] { place(call) }
      for user in users[key] ?? [] {
        waiting[user, default: 0] -= 1
        if waiting[user] == 0 { ready.append(user) }
      }
    }
    if let stuck = pending.first(where: { positions[$0.key] == nil }) {
      throw failure(stuck.key.layer, "expected calls that can be put in order. Received: a cycle")
    }
  }

  private mutating func place(_ call: PendingCall) {
    positions[call.key] = orderedCalls.count
    func resolve(_ sources: [Source]) -> [Network.Reference] {
      sources.map { Network.Reference(call: positions[$0.key] ?? 0, output: $0.output) }
    }
    orderedCalls.append(
      Network.Call(
        member: call.member, node: call.key.node, inputs: resolve(call.inputs),
        keywords: call.keywords.mapValues(resolve), masks: call.masks.map { $0.map { resolve([$0])[0] } },
        constants: call.constants))
  }

  // MARK: Inputs and outputs

  /// `["ids", 0, 0]` for one tensor, or lists and objects of such triples in one another.
  func references(_ key: String) throws(ModelError) -> (references: [Network.Reference], keys: [String]?) {
    guard let value = config[key] else { throw config.failure(key, expected: "a list of tensors") }
    let references = try flattened(value, key)
    let keys = value.object?.keys.sorted()
    return (references, keys?.count == references.count ? keys : nil)
  }

  /// The tensors of a nested structure in order; objects by sorted keys, as Keras' `tree.flatten`.
  private func flattened(_ value: JSONValue, _ key: String) throws(ModelError) -> [Network.Reference] {
    let elements = value.object.map { $0.sorted { $0.key < $1.key }.map(\.value) } ?? value.array ?? []
    if elements.isEmpty || elements[0].string != nil { return [try reference(value, key)] }
    var references: [Network.Reference] = []
    for element in elements { references += try flattened(element, key) }
    return references
  }

  private func reference(_ triple: JSONValue, _ key: String) throws(ModelError) -> Network.Reference {
    guard let elements = triple.array, let source = Self.source(elements) else {
      throw config.failure(key, expected: "[layer, node, tensor]")
    }
    // A nested Functional model is born with a node of its own, which Keras counts here and nowhere else.
    let isFunctional = members.first { $0.name == source.key.layer }?.layer is FunctionalNetwork
    let node = isFunctional && source.key.node > 0 ? source.key.node - 1 : source.key.node
    guard let call = positions[Key(layer: source.key.layer, node: node)] else {
      throw failure(config.subject, "expected `\(key)` to name calls of this model. Received: \(triple)")
    }
    return Network.Reference(call: call, output: source.output)
  }
}

extension JSONValue {
  /// Whether this stands for a tensor among a call's arguments.
  fileprivate var isTensor: Bool { self["class_name"]?.string == "__keras_tensor__" }

  /// Whether this describes one of `keras.ops` rather than a layer.
  fileprivate var isOperation: Bool { self["module"]?.string?.hasPrefix("keras.src.ops") ?? false }
}
