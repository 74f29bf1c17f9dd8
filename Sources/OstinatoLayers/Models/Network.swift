import OstinatoGraph
import OstinatoTensors

/// Layers and the calls between them: what is inside a Functional or Sequential model.
package struct Network: Sendable {
  /// A layer under its name in this network.
  package struct Member: Sendable {
    package let name: String
    package let layer: any Layer

    package init(name: String, layer: any Layer) {
      self.name = name
      self.layer = layer
    }

    /// The layer, which has its name with it.
    package var namedLayer: any Layer {
      var layer = layer
      layer.options.name = name
      return layer
    }

    /// The layer with its name, told from every other: a chain may hold one value twice, as two layers.
    package var layerOfItsOwn: any Layer {
      var layer = namedLayer
      layer.options.renewIdentity()
      return layer
    }
  }

  /// One output of one call.
  package struct Reference: Sendable, Hashable {
    package let call: Int
    package let output: Int

    package init(call: Int, output: Int) {
      self.call = call
      self.output = output
    }
  }

  /// One use of a member.
  package struct Call: Sendable {
    package let member: Int
    /// Which of the member's calls this is, in Keras' count.
    package let node: Int
    package let inputs: [Reference]
    package let keywords: [String: [Reference]]
    /// The masks of the inputs in order, where the call gives them itself.
    package let masks: [Reference?]
    package let constants: [String: JSONValue]

    package init(
      member: Int, node: Int = 0, inputs: [Reference], keywords: [String: [Reference]] = [:],
      masks: [Reference?] = [], constants: [String: JSONValue] = [:]
    ) {
      self.member = member
      self.node = node
      self.inputs = inputs
      self.keywords = keywords
      self.masks = masks
      self.constants = constants
    }

    /// Every call whose output this one takes.
    package var dependencies: [Int] {
      inputs.map(\.call) + masks.compactMap { $0?.call } + keywords.values.flatMap { $0.map(\.call) }
    }
  }

  /// The layers in Keras' order: by depth, inputs first.
  package let members: [Member]
  /// The calls, each after those whose outputs it takes.
  package let calls: [Call]
  package let inputs: [Reference]
  package let outputs: [Reference]
  /// The keys of outputs that were given as a dictionary, in the order of `outputs`.
  package let outputKeys: [String]?

  package init(
    members: [Member], calls: [Call], inputs: [Reference], outputs: [Reference], outputKeys: [String]? = nil
  ) throws(ModelError) {
    let names = Dictionary(grouping: members, by: \.name)
    if let double = names.first(where: { $0.value.count > 1 }) {
      throw ModelError(
        .malformedGraph, double.key, "expected layer names that differ. Received: \(double.value.count) layers of it")
    }
    self.members = members
    self.calls = calls
    self.inputs = inputs
    self.outputs = outputs
    self.outputKeys = outputKeys
  }

  /// The member that a call uses.
  package func member(of call: Int) -> Member { members[calls[call].member] }
}

// MARK: - Shapes

extension Network {
  /// The declared shapes of the inputs; nil when one of them is not known before the network is called.
  package var declaredInputs: [SymbolicShape]? {
    let shapes = inputs.compactMap { (member(of: $0.call).layer as? InputLayer)?.shape }
    return shapes.count == inputs.count ? shapes : nil
  }

  /// The output shapes of every call, for inputs of the given shapes.
  package func shapes(for given: [SymbolicShape]) throws(ModelError) -> [[SymbolicShape]] {
    guard given.count == inputs.count else {
      throw ModelError(.shapeMismatch, "", "expected \(inputs.count) inputs. Received: \(given.count)")
    }
    var shapes: [[SymbolicShape]] = []
    for (index, call) in calls.enumerated() {
      if let input = inputs.firstIndex(where: { $0.call == index }) {
        shapes.append([given[input]])
        continue
      }
      let member = members[call.member]
      do throws(ModelError) {
        let shapesIn = try Self.look(up: call.inputs, in: shapes)
        shapes.append(try member.layer.outputShapes(for: shapesIn, constants: call.constants))
      } catch {
        throw error.subject.contains(" (")
          ? error.within(member.name)
          : ModelError(error.code, "\(member.name) (\(member.layer.className))", error.message)
      }
    }
    return shapes
  }

  /// What `references` mean among the outputs of the calls.
  private static func look<Item>(
    up references: [Reference], in outputs: [[Item]]
  ) throws(ModelError) -> [Item] {
    try references.map { reference throws(ModelError) in
      let items = outputs[reference.call]
      guard items.indices.contains(reference.output) else {
        throw ModelError(
          .malformedGraph, "", "expected output number \(reference.output). Received: a layer of \(items.count) outputs"
        )
      }
      return items[reference.output]
    }
  }

  /// The output shapes of the network.
  package func outputShapes(for given: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try Self.look(up: outputs, in: try shapes(for: given))
  }

  /// The members with the shapes that their first call receives.
  package func sublayers(for given: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    let shapes = try shapes(for: given)
    let firstCalls = Dictionary(calls.map { ($0.member, $0) }, uniquingKeysWith: { first, _ in first })
    var names = NumberedNames()
    var sublayers: [Sublayer] = []
    for (index, member) in members.enumerated() {
      let name = names.next(for: member.layer)
      guard let call = firstCalls[index] else { continue }
      sublayers.append(
        Sublayer(
          member.name, path: "layers/\(name)", member.layer, inputs: try Self.look(up: call.inputs, in: shapes)))
    }
    return sublayers
  }
}

// MARK: - Lowering

extension Network {
  /// Adds the operations of all calls to `graph`.
  package func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    var values: [[Value]] = []
    for (index, step) in calls.enumerated() {
      if let input = inputs.firstIndex(where: { $0.call == index }) {
        values.append([call.inputs[input]])
        continue
      }
      let member = members[step.member]
      var keywords: [String: [Value]] = [:]
      for (keyword, references) in step.keywords { keywords[keyword] = try Self.look(up: references, in: values) }
      let stepCall = LayerCall(
        inputs: try Self.look(up: step.inputs, in: values), keywords: keywords, constants: step.constants,
        weights: call.weights[member.name])
      var masks: [Value?] = []
      for mask in step.masks { masks.append(try Self.look(up: mask.map { [$0] } ?? [], in: values).first) }
      values.append(try Self.lower(member, stepCall, masks, into: &graph))
    }
    return try Self.look(up: outputs, in: values)
  }

  /// Masks given by keyword take the place of those that travel with the inputs, for this call alone.
  ///
  /// Keras fills in no `mask` for a layer that is called with several tensor arguments: a recurrent layer that is given
  /// its initial state does not see the mask of its sequence, which travels on nevertheless.
  private static func lower(
    _ member: Member, _ call: LayerCall, _ masks: [Value?], into graph: inout GraphBuilder
  ) throws(ModelError) -> [Value] {
    let hidesMask = masks.isEmpty && call.keywords["initial_state"] != nil
    guard !masks.isEmpty || hidesMask else { return try graph.lower(member.layer, named: member.name, call) }
    let implicit = call.inputs.map { graph.mask(of: $0) }
    for (index, input) in call.inputs.enumerated() {
      graph.setMask(
        try masks.indices.contains(index)
          ? masks[index].map { mask throws(ModelError) in
            try graph.asFloat(mask)
          } : nil, of: input)
    }
    let outputs = try graph.lower(member.layer, named: member.name, call)
    for (input, mask) in zip(call.inputs, implicit) { graph.setMask(mask, of: input) }
    if hidesMask, member.layer.passesMask, let mask = implicit.first ?? nil {
      for output in outputs { graph.setMask(mask, of: output) }
    }
    return outputs
  }
}
