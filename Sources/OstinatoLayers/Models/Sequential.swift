import OstinatoGraph
import OstinatoTensors

/// A chain of layers. Its first member is an ``InputLayer``, whose shape may be left to the caller.
///
/// Source: `keras/src/models/sequential.py`.
package struct SequentialNetwork: Layer {
  package static let className = "Sequential"
  package var options: LayerOptions
  package let network: Network

  package init(_ layers: [any Layer], name: String? = nil) throws(ModelError) {
    self.options = LayerOptions(name: name)
    self.network = try Network(chain: layers)
  }

  package init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    guard let entries = config["layers"]?.array else { throw config.failure("layers", expected: "a list of layers") }
    var layers: [any Layer] = []
    for entry in entries { layers.append(try config.context.layer(from: entry)) }
    let shape = try config.optionalShape("build_input_shape")
    if !(layers.first is InputLayer), let shape { layers.insert(InputLayer(batchShape: shape), at: 0) }
    if !(layers.first is InputLayer), let shape = Self.declaredInput(layers.first) {
      layers.insert(InputLayer(batchShape: shape), at: 0)
    }
    self.network = try Network(chain: layers)
  }

  /// The input of a model at the start of a chain.
  private static func declaredInput(_ layer: (any Layer)?) -> SymbolicShape? {
    let network = (layer as? SequentialNetwork)?.network ?? (layer as? FunctionalNetwork)?.network
    guard let shapes = network?.declaredInputs, shapes.count == 1 else { return nil }
    return shapes[0]
  }

  /// The chain with an input of the least rank that its layers take, where a file does not say what the input is.
  package func withInputShape() throws(ModelError) -> SequentialNetwork {
    guard network.declaredInputs == nil else { return self }
    let ranks = 2...Self.largestRank
    guard let rank = ranks.first(where: { (try? outputShapes(for: [Self.unknownShape(rank: $0)])) != nil }) else {
      throw ModelError(.shapeMismatch, "", "expected layers that fit one another for an input of rank \(ranks)")
    }
    let input = InputLayer(batchShape: Self.unknownShape(rank: rank), name: network.members.first?.name)
    var chain = try SequentialNetwork([input] + network.members.dropFirst().map(\.namedLayer), name: name)
    chain.options = options
    return chain
  }

  /// A batch of volumes with channels, over time.
  private static let largestRank = 6

  private static func unknownShape(rank: Int) -> SymbolicShape {
    SymbolicShape([Int?](repeating: nil, count: rank))
  }

  package func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try network.outputShapes(for: inputs)
  }

  package func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    try network.sublayers(for: inputs)
  }

  package func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    try network.lower(call, into: &graph)
  }
}

extension Network {
  /// Layers one after another, behind an input layer that is added where it is missing.
  fileprivate init(chain layers: [any Layer]) throws(ModelError) {
    let input = layers.first as? InputLayer ?? InputLayer(batchShape: nil)
    let rest = layers.first is InputLayer ? layers.dropFirst() : layers[...]
    if let second = rest.first(where: { $0 is InputLayer }) {
      throw ModelError(
        .malformedGraph, second.name ?? "input_layer", "expected an input layer only at the start of a Sequential")
    }
    let members = Self.named([input] + rest)
    let calls = members.indices.map { index in
      Call(member: index, inputs: index == 0 ? [] : [Reference(call: index - 1, output: 0)])
    }
    try self.init(
      members: members, calls: calls, inputs: [Reference(call: 0, output: 0)],
      outputs: [Reference(call: members.count - 1, output: 0)])
  }
}
