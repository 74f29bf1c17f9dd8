/// Brings the config of a model by Keras 1 or 2 into the form that Keras 3 writes, so that layers know only that.
///
/// What it does not understand stays as it is, for the layers to refuse.
package enum ConfigUpgrade {
  /// The config of a model that Keras `majorVersion` wrote, in the form of Keras 3.
  package static func model(_ object: JSONValue, from majorVersion: Int) -> JSONValue {
    majorVersion < 3 ? upgraded(object) : object
  }

  /// `value` with every serialized object in it upgraded.
  private static func upgraded(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): .array(elements.map(upgraded))
    case .object(let members) where members["class_name"]?.string != nil && members["config"] != nil: layer(members)
    case .object(let members): .object(members.mapValues(upgraded))
    default: value
    }
  }

  private static func layer(_ object: [String: JSONValue]) -> JSONValue {
    var object = object
    let oldName = object["class_name"]?.string ?? ""
    guard var config = members(of: object["config"]) else { return .object(object) }
    config = config.mapValues(upgraded)
    for (key, value) in additions[oldName] ?? [:] { config[key] = value }
    rename(&config, of: oldName)
    replaceValues(&config, of: oldName)
    object["class_name"] = .string(className(oldName, config))
    object["config"] = .object(config)
    switch object["class_name"]?.string {
    case "Sequential": return sequential(object)
    case "Functional": return functional(object)
    default: return .object(object)
    }
  }

  /// A config, which for a Sequential may be just the list of its layers.
  private static func members(of config: JSONValue?) -> [String: JSONValue]? {
    config?.array.map { ["layers": .array($0)] } ?? config?.object
  }

  // MARK: Sequential

  /// A chain whose first layer says what the input is gets an input layer that says so.
  private static func sequential(_ object: [String: JSONValue]) -> JSONValue {
    var object = object
    guard var config = object["config"]?.object, var layers = config["layers"]?.array, let first = layers.first,
      first["class_name"]?.string != "InputLayer", let shape = inputShape(of: first)
    else { return .object(object) }
    let name = first["config"]?["name"]?.string ?? "layer"
    let input: [String: JSONValue] = ["batch_shape": shape, "name": .string(name + "_input")]
    layers.insert(.object(["class_name": .string("InputLayer"), "config": .object(input)]), at: 0)
    config["layers"] = .array(layers)
    object["config"] = .object(config)
    return .object(object)
  }

  /// The shape that a first layer declares; that of a nested model is its own first layer's.
  private static func inputShape(of layer: JSONValue) -> JSONValue? {
    let config = layer["config"]
    if let shape = config?["batch_shape"] ?? config?["batch_input_shape"] { return shape }
    return config?["layers"]?.array?.first.flatMap(inputShape)
  }
}

extension JSONValue {
  /// A serialized tensor of a functional model.
  static func kerasTensor(_ layer: String, _ node: Int, _ output: Int) -> JSONValue {
    .object([
      "class_name": .string("__keras_tensor__"),
      "config": .object(["keras_history": .array([.string(layer), .int(node), .int(output)])]),
    ])
  }
}
