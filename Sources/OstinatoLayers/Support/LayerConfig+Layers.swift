import OstinatoTensors

extension LayerConfig {
  /// The layers that the list `key` describes.
  func layers(_ key: String) throws(ModelError) -> [any Layer] {
    guard let entries = self[key]?.array else { throw failure(key, expected: "a list of layers") }
    var layers: [any Layer] = []
    for entry in entries {
      do throws(ModelError) {
        layers.append(try context.layer(from: entry))
      } catch {
        throw error.within(subject)
      }
    }
    return layers
  }
}

extension JSONValue {
  /// A layer inside another layer's config, as Keras writes it.
  init(_ layer: any Layer) {
    var config = layer.config
    if let name = layer.name { config["name"] = .string(name) }
    config["trainable"] = .bool(layer.options.trainable)
    self = .object([
      "module": .string("keras.layers"), "class_name": .string(layer.className), "registered_name": .null,
      "config": .object(config),
    ])
  }
}
