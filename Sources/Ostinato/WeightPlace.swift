import OstinatoLayers
import OstinatoTensors

/// One weight of a model, under the names that lead to it.
struct WeightPlace {
  /// The layer that has it.
  let layer: LayerPlace
  /// Its number among the layer's own tensors.
  let index: Int
  /// What Keras calls it: `kernel`.
  let name: String
  /// What each layer on the way is called, the outermost first: `forward_layer`, `forward_gru` or `gru`.
  private let layerNames: [[String]]

  fileprivate init(_ layer: LayerPlace, _ index: Int, name: String, layerNames: [[String]]) {
    self.layer = layer
    self.index = index
    self.name = name
    self.layerNames = layerNames
  }

  var tensor: Tensor { layer.weights.variables[index] }
  var path: String { (layer.path + [name]).joined(separator: "/") }

  /// Whether `path` names this weight.
  /// - Parameter leavesOut: whether layers on the way may be left out. Keras names a weight by the scopes in which it was
  ///   built: they differ between a model that was just made and one that was read from a file.
  func isAt(_ path: String, leavesOut: Bool) -> Bool {
    isAt(path[...], layerNames[...], leavesOut: leavesOut)
  }

  private func isAt(_ path: Substring, _ layers: ArraySlice<[String]>, leavesOut: Bool) -> Bool {
    guard let names = layers.first else { return path == name }
    let rest = layers.dropFirst()
    return leavesOut && isAt(path, rest, leavesOut: true)
      || names.contains { name in
        path.hasPrefix(name + "/") && isAt(path.dropFirst(name.count + 1), rest, leavesOut: leavesOut)
      }
  }
}

extension LayerPlace {
  /// The weights of the layer and of those inside it, in Keras' order.
  /// - Parameter names: what the layers on the way are called.
  func weightPlaces(_ names: [[String]] = []) throws(ModelError) -> [WeightPlace] {
    let variables = try place.layer.variables(for: place.inputs)
    var places = variables.indices.filter { variables[$0].place.isWeight }.map {
      WeightPlace(self, $0, name: variables[$0].name, layerNames: names)
    }
    for inner in try inner() { places += try inner.weightPlaces(names + [inner.names]) }
    return places
  }

  /// What the layer is called: its name in a model, or what a wrapper calls it, its own name, and that of its class.
  private var names: [String] {
    guard !place.path.hasPrefix("layers/") else { return [place.name] }
    let className = snakeCase(place.layer.pythonName)
    let isNumbered = place.name.hasPrefix(className)
    return [place.name, place.layer.name, isNumbered ? nil : className].compactMap { $0 }
  }
}
