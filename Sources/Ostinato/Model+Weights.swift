import OstinatoLayers
import OstinatoTensors

extension Model {
  /// The weights of the layer called `name`, in the order of Keras' `get_weights()`: its own, then those of the layers
  /// inside it. A layer inside a nested model or wrapper is named by its path: `encoder/dense_1`, `td/layer`.
  /// - Throws: `ModelError.Code.unknownName` when there is no such layer.
  public func weights(of name: String) throws -> [Tensor] {
    try find(name).tensors
  }

  /// Replaces the weights of the layer called `name`.
  /// - Throws: `ModelError.Code.unknownName` when there is no such layer, `.shapeMismatch` when the tensors are not those
  ///   of ``weights(of:)`` in number and shape.
  public mutating func setWeights(_ tensors: [Tensor], of name: String) throws {
    let place = try find(name)
    let expected = place.tensors.map(\.shape)
    guard tensors.map(\.shape) == expected else {
      throw ModelError(
        .shapeMismatch, name, "expected weights of shapes \(expected). Received: \(tensors.map(\.shape))")
    }
    guard var all = weights else { return }
    var rest = tensors[...]
    let replaced = place.replacing(from: &rest)
    all.replace(place.path[...], with: replaced)
    replaceWeights(all)
  }

  func find(_ name: String) throws(ModelError) -> LayerPlace {
    guard let rootPlace else {
      throw ModelError(.unknownName, self.name, "expected a model with weights; it does not begin with Input(shape:)")
    }
    guard let place = try rootPlace.find(name[...]) else {
      throw ModelError(.unknownName, self.name, UnknownName(name, among: try rootPlace.paths).message)
    }
    return place
  }
}

/// A layer at its place in a model, with its weights.
struct LayerPlace {
  /// The names on the way from the model.
  let path: [String]
  let place: Sublayer
  let weights: LayerWeights

  /// The places of the layers inside, in Keras' order.
  func inner() throws(ModelError) -> [LayerPlace] {
    try place.layer.sublayers(for: place.inputs).map {
      LayerPlace(path: path + [$0.name], place: $0, weights: weights[$0.name])
    }
  }

  /// The weights of the layer and of those inside it.
  var tensors: [Tensor] { own.filter(\.isWeight).map(\.tensor) + ((try? inner()) ?? []).flatMap(\.tensors) }

  /// The layer's own tensors, and whether they are weights or a vocabulary and the like.
  private var own: [(tensor: Tensor, isWeight: Bool)] {
    let variables = (try? place.layer.variables(for: place.inputs)) ?? []
    return zip(weights.variables, variables).map { ($0, $1.place.isWeight) }
  }

  /// The same weights with values taken from `rest` in order.
  func replacing(from rest: inout ArraySlice<Tensor>) -> LayerWeights {
    var replaced = LayerWeights(variables: own.compactMap { $0.isWeight ? rest.popFirst() : $0.tensor })
    for place in (try? inner()) ?? [] {
      replaced.children[place.place.name] = place.replacing(from: &rest)
    }
    return replaced
  }

  /// The paths of the layers inside, and of those inside them.
  var paths: [String] {
    get throws(ModelError) {
      var paths: [String] = []
      for place in try inner() { paths += [place.path.joined(separator: "/")] + (try place.paths) }
      return paths
    }
  }

  /// The layer at `name`, whose components may themselves contain a slash.
  func find(_ name: Substring) throws(ModelError) -> LayerPlace? {
    for candidate in try inner() {
      if candidate.place.name == name { return candidate }
      if name.hasPrefix(candidate.place.name + "/") {
        if let found = try candidate.find(name.dropFirst(candidate.place.name.count + 1)) { return found }
      }
    }
    return nil
  }
}

extension LayerWeights {
  /// Replaces the weights at `path`.
  fileprivate mutating func replace(_ path: ArraySlice<String>, with weights: LayerWeights) {
    guard let first = path.first else {
      self = weights
      return
    }
    children[first, default: LayerWeights()].replace(path.dropFirst(), with: weights)
  }
}
