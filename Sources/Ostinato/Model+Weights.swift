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

  /// The paths of all weights, in the order of Keras' `model.weights`: `dense/kernel`, `gru/cell/bias`.
  /// - Throws: `ModelError.Code.unknownName` when the model has no weights yet.
  public var weightPaths: [String] {
    get throws { try placeWithWeights.weightPlaces().map(\.path) }
  }

  /// The weight at `path`: the path of its layer, and what Keras calls it: `encoder/dense_1/kernel`.
  ///
  /// What Keras itself gives as `weight.path` is understood too, such as `bidirectional/forward_gru/gru_cell/kernel`:
  /// layers on the way may be left out as long as one weight is meant.
  /// - Throws: `ModelError.Code.unknownName` when there is no such weight, or several are meant, naming some.
  public func weight(at path: String) throws -> Tensor {
    try findWeight(path).tensor
  }

  /// Replaces the weight at `path`, which is as ``weight(at:)`` takes it.
  /// - Throws: `ModelError.Code.unknownName` as ``weight(at:)`` does, `.shapeMismatch` when the tensor is of another shape
  ///   than the weight.
  public mutating func setWeight(_ tensor: Tensor, at path: String) throws {
    let place = try findWeight(path)
    guard tensor.shape == place.tensor.shape, tensor.dataType != .string else {
      throw ModelError(
        .shapeMismatch, place.path,
        "expected numbers of shape \(place.tensor.shape). Received: \(tensor.shape) \(tensor.dataType.rawValue)")
    }
    guard var all = weights else { return }
    var replaced = place.layer.weights
    replaced.variables[place.index] = tensor.converted(to: place.tensor.dataType)
    all.replace(place.layer.path[...], with: replaced)
    replaceWeights(all)
  }

  private func findWeight(_ path: String) throws(ModelError) -> WeightPlace {
    let places = try placeWithWeights.weightPlaces()
    // Keras may put the model's own name in front.
    let paths = [path] + (path.hasPrefix(name + "/") ? [String(path.dropFirst(name.count + 1))] : [])
    for leavesOut in [false, true] {
      let found = places.filter { place in paths.contains { place.isAt($0, leavesOut: leavesOut) } }
      if found.count == 1 { return found[0] }
      guard found.isEmpty else {
        let listed = found.prefix(3).map { "'\($0.path)'" }.joined(separator: ", ")
        throw ModelError(
          .unknownName, name, "expected a path that leads to one weight. Received: '\(path)', which leads to \(listed)")
      }
    }
    throw ModelError(.unknownName, name, UnknownName(path, among: places.map(\.path)).message)
  }

  private var placeWithWeights: LayerPlace {
    get throws(ModelError) {
      guard let rootPlace else {
        throw ModelError(.unknownName, name, "expected a model with weights; it does not begin with Input(shape:)")
      }
      return rootPlace
    }
  }

  func find(_ name: String) throws(ModelError) -> LayerPlace {
    let root = try placeWithWeights
    guard let place = try root.find(name[...]) else {
      throw ModelError(.unknownName, self.name, UnknownName(name, among: try root.paths).message)
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
