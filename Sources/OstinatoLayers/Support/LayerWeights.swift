import OstinatoTensors

/// The weights of a layer and of the layers inside it.
public struct LayerWeights: Sendable {
  /// The layer's own weights, in the order of ``Layer/variables(for:)``.
  public var variables: [Tensor]
  /// The weights of the layers inside, by ``Sublayer/name``.
  public var children: [String: LayerWeights]

  /// Weights of a layer.
  public init(variables: [Tensor] = [], children: [String: LayerWeights] = [:]) {
    self.variables = variables
    self.children = children
  }

  /// The weights of the layer inside called `name`; none where there is none.
  public subscript(_ name: String) -> LayerWeights { children[name] ?? LayerWeights() }
}

/// One declared weight at its place in a model.
public struct WeightSlot: Sendable {
  /// The path of the layer that declares it, for people: `encoder/dense_1`.
  public let layerPath: String
  /// The layer that declares it.
  public let layer: any Layer
  /// The path of that layer in a weights file: `layers/functional/layers/dense`.
  public let filePath: String
  /// Its number among the layer's own weights.
  public let index: Int
  /// What it should be.
  public let variable: Variable
  /// Whether it and all layers around it count as trainable.
  public let trainable: Bool

  /// The path and class, as errors name a layer.
  public var subject: String { "\(layerPath) (\(layer.className))" }
}

extension LayerWeights {
  /// The weights of `layer`, each given by `provide`.
  /// - Parameter keepsPresets: whether weights that a layer brings along stay as they are, without being asked for.
  package init(
    for sublayer: Sublayer, keepsPresets: Bool = true, provide: (WeightSlot) throws(ModelError) -> Tensor
  ) throws(ModelError) {
    try self.init(
      sublayer, path: sublayer.name, filePath: sublayer.path, trainable: true, keepsPresets: keepsPresets,
      provide: provide)
  }

  private init(
    _ place: Sublayer, path: String, filePath: String, trainable: Bool, keepsPresets: Bool,
    provide: (WeightSlot) throws(ModelError) -> Tensor
  ) throws(ModelError) {
    let layer = place.layer
    if keepsPresets, let preset = layer.presetWeights {
      self = preset
      return
    }
    self.init()
    let isTrainable = trainable && layer.options.trainable
    do throws(ModelError) {
      for (index, variable) in try layer.variables(for: place.inputs).enumerated() {
        let slot = WeightSlot(
          layerPath: path, layer: layer, filePath: filePath, index: index, variable: variable,
          trainable: isTrainable && variable.trainable)
        variables.append(try provide(slot))
      }
      for inner in try layer.sublayers(for: place.inputs) {
        children[inner.name] = try LayerWeights(
          inner, path: Self.join(path, inner.name), filePath: Self.join(filePath, inner.path), trainable: isTrainable,
          keepsPresets: keepsPresets, provide: provide)
      }
    } catch {
      throw error.subject.isEmpty ? ModelError(error.code, "\(path) (\(layer.className))", error.message) : error
    }
  }

  private static func join(_ left: String, _ right: String) -> String {
    left.isEmpty ? right : "\(left)/\(right)"
  }
}
