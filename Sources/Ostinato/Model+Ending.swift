import OstinatoLayers
import OstinatoTensors

extension Model {
  /// The model from the same inputs to what some of its layers give, as Keras'
  /// `Model(model.inputs, model.get_layer("block3_out").output)`.
  ///
  /// Layers that the new outputs do not need are left out, all others keep names and weights. Outputs come in the order
  /// of the arguments and are called after their layers:
  ///
  /// ```swift
  /// let activations = try model.ending(at: "block1_out", "backbone/block2_out").predict(inputs: ["image": image])
  /// ```
  /// - Throws: `ModelError.Code.unknownName` for a layer that there is not, naming some that are like it;
  ///   `.malformedGraph` for a layer that is called several times where none of its calls is named.
  public func ending(at outputs: LayerOutput...) throws -> Model {
    try ending(at: outputs)
  }

  /// The model from the same inputs to what some of its layers give.
  public func ending(at outputs: [LayerOutput]) throws -> Model {
    guard let weights, let inputs = network.declaredInputs else {
      throw ModelError(.unknownName, name, "expected a model with weights; it does not begin with Input(shape:)")
    }
    guard !outputs.isEmpty else { throw ModelError(.unknownName, name, "expected a layer to end at. Received: none") }
    var tree = NetworkTree(network, inputs: inputs)
    var references: [Network.Reference] = []
    do throws(ModelError) {
      for output in outputs { references += try tree.expose(output) }
    } catch {
      throw error.subject.isEmpty ? ModelError(error.code, name, error.message) : error
    }
    let network = try tree.network.ending(at: references)
    var root = FunctionalNetwork(network)
    root.options = options
    root.options.name = .some(name)
    let kept = Set(network.members.map(\.name))
    return try Model(root: root, network: network, name: name, executionOptions: executionOptions) { _ in
      LayerWeights(children: weights.children.filter { kept.contains($0.key) })
    }
  }
}

/// A network, and what it is given, while outputs of layers in it become outputs of the models around them.
private struct NetworkTree {
  private(set) var network: Network
  private let inputs: [SymbolicShape]

  init(_ network: Network, inputs: [SymbolicShape]) {
    self.network = network
    self.inputs = inputs
  }

  /// Where `output` is; a model inside that has the layer gives it as one more output from now on.
  mutating func expose(_ output: LayerOutput) throws(ModelError) -> [Network.Reference] {
    if let member = network.members.firstIndex(where: { $0.name == output.layer }) {
      let call = try call(output.call, of: member)
      return try choose(output, among: try network.shapes(for: inputs)[call].count).map {
        Network.Reference(call: call, output: $0)
      }
    }
    for (index, member) in network.members.enumerated() where output.layer.hasPrefix(member.name + "/") {
      guard let inner = member.layer.nestedNetwork else { continue }
      let rest = LayerOutput(
        String(output.layer.dropFirst(member.name.count + 1)), call: output.call, output: output.output)
      return try expose(rest, in: inner, at: index)
    }
    throw ModelError(.unknownName, "", UnknownName(output.layer, among: network.layerPaths).message)
  }

  private mutating func expose(
    _ output: LayerOutput, in inner: Network, at index: Int
  ) throws(ModelError) -> [Network.Reference] {
    let member = network.members[index]
    let call = try call(nil, of: index)
    var tree = NetworkTree(inner, inputs: try network.inputShapes(of: call, for: inputs))
    let found: [Network.Reference]
    do throws(ModelError) { found = try tree.expose(output) } catch { throw error.within(member.name) }
    let extended = try tree.network.giving(tree.network.outputs + found)
    var layer = FunctionalNetwork(extended)
    layer.options = member.layer.options
    network = try network.replacing(index, by: layer)
    return found.indices.map { Network.Reference(call: call, output: inner.outputs.count + $0) }
  }

  /// The call of a member that is meant.
  private func call(_ number: Int?, of index: Int) throws(ModelError) -> Int {
    let (calls, name) = (network.calls(of: index), network.members[index].name)
    if let number {
      guard calls.indices.contains(number) else {
        throw ModelError(
          .malformedGraph, name, "expected a call from 0 to \(calls.count - 1). Received: \(number)")
      }
      return calls[number]
    }
    guard calls.count == 1 else {
      throw ModelError(
        .malformedGraph, name,
        "expected a layer that is called once, or which of its calls: LayerOutput(\"\(name)\", call: 0). "
          + "Received: a layer that is called \(calls.count) times")
    }
    return calls[0]
  }

  private func choose(_ output: LayerOutput, among count: Int) throws(ModelError) -> [Int] {
    guard let number = output.output else { return Array(0..<count) }
    guard (0..<count).contains(number) else {
      throw ModelError(
        .malformedGraph, output.layer, "expected an output from 0 to \(count - 1). Received: \(number)")
    }
    return [number]
  }
}

extension Network {
  /// The calls of a member, in Keras' order.
  func calls(of member: Int) -> [Int] {
    calls.indices.filter { calls[$0].member == member }.sorted { calls[$0].node < calls[$1].node }
  }

  /// The names of the layers, and the paths of those in models inside.
  var layerPaths: [String] {
    members.flatMap { member in
      [member.name] + (member.layer.nestedNetwork?.layerPaths ?? []).map { "\(member.name)/\($0)" }
    }
  }

  /// The same layers and calls with other outputs.
  fileprivate func giving(_ outputs: [Reference]) throws(ModelError) -> Network {
    try Network(members: members, calls: calls, inputs: inputs, outputs: outputs)
  }

  /// The same calls with another layer in the place of a member.
  fileprivate func replacing(_ member: Int, by layer: any Layer) throws(ModelError) -> Network {
    var members = members
    members[member] = Member(name: members[member].name, layer: layer)
    return try Network(members: members, calls: calls, inputs: inputs, outputs: outputs, outputKeys: outputKeys)
  }

  /// The shapes that a call is given.
  fileprivate func inputShapes(of call: Int, for given: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let shapes = try shapes(for: given)
    return calls[call].inputs.map { shapes[$0.call][$0.output] }
  }
}
