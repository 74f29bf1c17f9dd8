import OstinatoLayers
import OstinatoTensors

extension Model {
  /// The layers in Keras' order, each with its name.
  public var layers: [any Layer] {
    let isChain = root.className == SequentialNetwork.className
    return network.members.map(\.namedLayer).filter { !(isChain && $0 is InputLayer) }
  }

  /// The layer called `name`; one inside a nested model or wrapper is named by its path: `encoder/dense_1`, `td/layer`.
  ///
  /// A layer holds its arguments and no weights, see ``weights(of:)``; but a model inside comes as a `Model` with them.
  /// - Throws: `ModelError.Code.unknownName` when there is no such layer, naming some that are like it.
  public func layer(named name: String) throws -> any Layer {
    let place = try find(name)
    return try place.model(executionOptions) ?? place.namedLayer
  }

  /// The model called `name` inside this one, with its weights: `try model.submodel(named: "backbone").ending(at: "x")`.
  /// - Throws: `ModelError.Code.unknownName` when there is no such layer, or it is no model.
  public func submodel(named name: String) throws -> Model {
    let place = try find(name)
    guard let model = try place.model(executionOptions) else {
      throw ModelError(
        .unknownName, self.name, "expected a model. Received: '\(name)', a \(place.place.layer.className)")
    }
    return model
  }
}

extension LayerPlace {
  fileprivate var namedLayer: any Layer {
    var layer = place.layer
    layer.options.name = layer.name ?? place.name
    return layer
  }

  /// The layer as a model of its own; nil where it is none.
  fileprivate func model(_ executionOptions: ExecutionOptions) throws(ModelError) -> Model? {
    guard let network = place.layer.nestedNetwork else { return nil }
    let name = place.layer.name ?? place.name
    guard network.declaredInputs == nil, let input = place.inputs.first else {
      return try model(place.layer, network, name, executionOptions)
    }
    let layers = network.members.dropFirst().map(\.namedLayer)
    let chain = try SequentialNetwork(
      [InputLayer(batchShape: input, name: network.members.first?.name)] + layers, name: name)
    return try model(chain, chain.network, name, executionOptions)
  }

  private func model(
    _ root: any Layer, _ network: Network, _ name: String, _ executionOptions: ExecutionOptions
  ) throws(ModelError) -> Model {
    try Model(root: root, network: network, name: name, executionOptions: executionOptions) { _ in weights }
  }
}
