import OstinatoTensors

extension Network {
  /// The network between `inputs` and `outputs`. Layers without a name are called after their class, numbered in
  /// Keras' order.
  package init(inputs: [KerasTensor], outputs: [KerasTensor]) throws(ModelError) {
    var trace = Trace(inputs)
    for output in outputs { try trace.visit(output) }
    for input in inputs { try trace.visit(input) }
    let order = trace.membersByDepth()
    let position = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    try self.init(
      members: Self.named(order.map { trace.layers[$0] }),
      calls: trace.calls.map {
        Call(
          member: position[$0.member] ?? 0, node: $0.node, inputs: $0.inputs, keywords: $0.keywords, masks: $0.masks,
          constants: $0.constants)
      }, inputs: inputs.map(trace.reference), outputs: outputs.map(trace.reference))
  }

  /// The network from the same inputs to `outputs`, with the layers that these need, in Keras' order.
  package func ending(at outputs: [Reference]) throws(ModelError) -> Network {
    let layers = members.map(\.layerOfItsOwn)
    var made: [KerasTensor.Call] = []
    func tensor(_ reference: Reference) -> KerasTensor {
      KerasTensor(call: made[reference.call], output: reference.output)
    }
    for call in calls {
      made.append(
        KerasTensor.Call(
          layers[call.member], call.inputs.map(tensor), keywords: call.keywords.mapValues { $0.map(tensor) },
          masks: call.masks.map { $0.map(tensor) }, constants: call.constants))
    }
    return try Network(inputs: inputs.map(tensor), outputs: outputs.map(tensor))
  }

  /// Gives each layer without a name the snake case of its class, numbered from the second on, and none that is taken.
  package static func named(_ layers: [any Layer]) -> [Member] {
    var taken = Set(layers.compactMap(\.name))
    var counts: [String: Int] = [:]
    return layers.map { layer in
      if let name = layer.name { return Member(name: name, layer: layer) }
      let stem = snakeCase(layer.pythonName)
      var name = stem
      repeat {
        let number = counts[stem, default: 0]
        name = number == 0 ? stem : "\(stem)_\(number)"
        counts[stem] = number + 1
      } while !taken.insert(name).inserted
      return Member(name: name, layer: layer)
    }
  }
}

/// Follows calls from the outputs back to the inputs. Source of the order: `map_graph` in
/// `keras/src/ops/function.py`.
private struct Trace {
  private(set) var layers: [any Layer] = []
  private(set) var calls: [Network.Call] = []
  private var memberOfLayer: [ObjectIdentifier: Int] = [:]
  private var callOfNode: [ObjectIdentifier: Int] = [:]
  private let inputLayers: Set<ObjectIdentifier>

  init(_ inputs: [KerasTensor]) {
    inputLayers = Set(inputs.map { ObjectIdentifier($0.call.layer.options.identity) })
  }

  /// All uses of one input layer are one call.
  private func key(_ call: KerasTensor.Call) -> ObjectIdentifier {
    call.layer is InputLayer ? ObjectIdentifier(call.layer.options.identity) : ObjectIdentifier(call)
  }

  func reference(_ tensor: KerasTensor) -> Network.Reference {
    Network.Reference(call: callOfNode[key(tensor.call)] ?? 0, output: tensor.output)
  }

  mutating func visit(_ tensor: KerasTensor) throws(ModelError) {
    let call = tensor.call
    guard callOfNode[key(call)] == nil else { return }
    let identity = ObjectIdentifier(call.layer.options.identity)
    if call.layer is InputLayer, !inputLayers.contains(identity) {
      throw ModelError(
        .malformedGraph, call.layer.name ?? "input_layer",
        "expected every input that the outputs depend on to be among the model's inputs")
    }
    let member = memberOfLayer[identity] ?? layers.count
    if member == layers.count {
      memberOfLayer[identity] = member
      layers.append(call.layer)
    }
    for input in call.inputs { try visit(input) }
    for (_, inputs) in call.keywords.sorted(by: { $0.key < $1.key }) { for input in inputs { try visit(input) } }
    for case let mask? in call.masks { try visit(mask) }
    callOfNode[key(call)] = calls.count
    calls.append(
      Network.Call(
        member: member, node: calls.count { $0.member == member }, inputs: call.inputs.map(reference),
        keywords: call.keywords.mapValues { $0.map(reference) }, masks: call.masks.map { $0.map(reference) },
        constants: call.constants))
  }

  /// The members by decreasing distance from the outputs, those of one distance in the order in which they were met.
  func membersByDepth() -> [Int] {
    var callDepths = [Int](repeating: 0, count: calls.count)
    var memberDepths = [Int](repeating: 0, count: layers.count)
    for index in calls.indices.reversed() {
      let member = calls[index].member
      let depth = max(callDepths[index], memberDepths[member])
      callDepths[index] = depth
      memberDepths[member] = depth
      for dependency in calls[index].dependencies {
        callDepths[dependency] = max(callDepths[dependency], depth + 1)
      }
    }
    return layers.indices.sorted { (-memberDepths[$0], $0) < (-memberDepths[$1], $1) }
  }
}
