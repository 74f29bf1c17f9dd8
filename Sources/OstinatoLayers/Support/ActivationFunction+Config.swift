import OstinatoTensors

extension LayerConfig {
  /// The activation function that `key` names or describes.
  ///
  /// A string is a function's name; an object is an activation layer (`{"class_name": "ReLU", "config": {…}}`) or a
  /// function (`{"class_name": "function", "config": "relu"}`).
  public func activation(
    _ key: String = "activation", default fallback: ActivationFunction = .linear
  ) throws(ModelError) -> ActivationFunction {
    guard let value = members[key] else { return fallback }
    if value.isNull { return .linear }
    if let name = value.string { return try activation(named: name, key) }
    guard let className = value["class_name"]?.string else { throw failure(key, expected: "an activation") }
    if className == "function", let name = value["config"]?.string { return try activation(named: name, key) }
    let arguments = LayerConfig(value["config"]?.object ?? [:], subject: subject, context: context)
    guard let function = try ActivationFunction(className: className, arguments) else {
      throw failure(key, expected: "one of Keras' activations")
    }
    return function
  }

  private func activation(named name: String, _ key: String) throws(ModelError) -> ActivationFunction {
    if name == "hard_sigmoid" && context.kerasMajorVersion < 3 { return .hardSigmoidKeras2 }
    guard let function = ActivationFunction.named[name] else {
      throw failure(key, expected: "one of Keras' activations")
    }
    return function
  }
}

extension ActivationFunction {
  /// The function of an activation layer that stands where a function is expected; nil for other classes.
  fileprivate init?(className: String, _ config: LayerConfig) throws(ModelError) {
    switch className {
    case "ReLU": self = try ReLU(config: config).function
    case "LeakyReLU": self = .leakyReLU(negativeSlope: try config.float("negative_slope", default: 0.3))
    case "ELU": self = .elu(alpha: try config.float("alpha", default: 1))
    case "Softmax": self = .softmax(axis: try config.int("axis", default: -1))
    case "Activation": self = try config.activation()
    default: return nil
    }
  }

  /// The function as Keras writes it in a config.
  package var config: JSONValue {
    if let name = Self.named.first(where: { $0.value == self && !Self.aliases.contains($0.key) })?.key {
      return .string(name)
    }
    switch self {
    case .relu(let slope, let maximum, let threshold):
      return Self.layer(
        "ReLU", ["negative_slope": slope, "threshold": threshold, "max_value": maximum].compactMapValues { $0 })
    case .leakyReLU(let slope): return Self.layer("LeakyReLU", ["negative_slope": slope])
    case .elu(let alpha): return Self.layer("ELU", ["alpha": alpha])
    case .softmax(let axis): return Self.layer("Softmax", ["axis": Float(axis)])
    default: return .inexpressible("\(self)")
    }
  }

  private static let aliases: Set<String> = ["swish", "hard_swish"]

  private static func layer(_ className: String, _ arguments: [String: Float]) -> JSONValue {
    .object([
      "module": .string("keras.layers"), "class_name": .string(className), "registered_name": .null,
      "config": .object(arguments.mapValues { .double(Double($0)) }),
    ])
  }
}
