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

// MARK: - Functions as objects

extension ActivationFunction {
  /// The function of a layer or operation that stands where a function is expected; nil for other classes.
  fileprivate init?(className: String, _ config: LayerConfig) throws(ModelError) {
    switch className {
    case "ReLU": self = try ReLU(config: config).function
    case "LeakyReLU": self = .leakyReLU(negativeSlope: try LeakyReLU(config: config).negativeSlope)
    case "LeakyRelu": self = .leakyReLU(negativeSlope: try config.float("negative_slope", default: 0.2))
    case "ELU", "Elu": self = .elu(alpha: try config.float("alpha", default: 1))
    case "Celu": self = .celu(alpha: try config.float("alpha", default: 1))
    case "Gelu": self = .gelu(approximate: try config.bool("approximate", default: true))
    case "HardShrink": self = .hardShrink(threshold: try config.float("threshold", default: 0.5))
    case "SoftShrink": self = .softShrink(threshold: try config.float("threshold", default: 0.5))
    case "Squareplus": self = .squareplus(b: try config.float("b", default: 4))
    case "Threshold":
      self = .threshold(
        try config.float("threshold", default: 0), value: try config.float("default_value", default: 0))
    case "Glu": self = .glu(axis: try config.int("axis", default: -1))
    case "Softmax": self = .softmax(axis: try config.int("axis", default: -1))
    case "LogSoftmax": self = .logSoftmax(axis: try config.int("axis", default: -1))
    case "Sparsemax": self = .sparsemax(axis: try config.int("axis", default: -1))
    case "Activation": self = try config.activation()
    default:
      let pipeline = className == Pipeline.className ? try Pipeline(config: config) : nil
      let function = pipeline?.isClippedLine == true ? .hardSigmoidKeras2 : activationOperations[className]
      guard let function else { return nil }
      self = function
    }
  }

  /// The function as Keras writes it in a config: by its name, or as the layer or operation that has its arguments.
  package var config: JSONValue {
    if let name = Self.names[self] { return .string(name) }
    switch self {
    case .relu(let slope, let maximum, let threshold):
      return Self.layer(
        "ReLU", ["negative_slope": slope, "threshold": threshold, "max_value": maximum].compactMapValues { $0 })
    case .leakyReLU(let slope): return Self.layer("LeakyReLU", ["negative_slope": slope])
    case .elu(let alpha): return Self.layer("ELU", ["alpha": alpha])
    case .celu(let alpha): return Self.operation("Celu", ["alpha": alpha])
    case .gelu(let approximate): return Self.operation("Gelu", ["approximate": .bool(approximate)])
    case .hardShrink(let threshold): return Self.operation("HardShrink", ["threshold": threshold])
    case .softShrink(let threshold): return Self.operation("SoftShrink", ["threshold": threshold])
    case .squareplus(let b): return Self.operation("Squareplus", ["b": b])
    case .threshold(let threshold, let value):
      return Self.operation("Threshold", ["threshold": threshold, "default_value": value])
    case .glu(let axis): return Self.operation("Glu", ["axis": .int(axis)])
    case .softmax(let axis): return Self.operation("Softmax", ["axis": .int(axis)])
    case .logSoftmax(let axis): return Self.operation("LogSoftmax", ["axis": .int(axis)])
    case .sparsemax(let axis): return Self.operation("Sparsemax", ["axis": .int(axis)])
    case .hardSigmoidKeras2: return Self.clippedLine
    default: return .null  // All others have names.
    }
  }

  private static let names = Dictionary(
    uniqueKeysWithValues: named.filter { !["swish", "hard_swish"].contains($0.key) }.map { ($1, $0) })

  /// `clip(0.2 x + 0.5, 0, 1)`, for which Keras 3 has no name.
  private static let clippedLine = layer(
    Pipeline.className,
    ["layers": .array([layer("Rescaling", ["scale": 0.2, "offset": 0.5]), layer("ReLU", ["max_value": 1])])])

  private static func layer(_ className: String, _ arguments: [String: Float]) -> JSONValue {
    layer(className, arguments.mapValues { .double(Double($0)) })
  }

  private static func operation(_ className: String, _ arguments: [String: Float]) -> JSONValue {
    operation(className, arguments.mapValues { .double(Double($0)) })
  }

  private static func operation(_ className: String, _ arguments: [String: JSONValue]) -> JSONValue {
    object(className, module: "keras.src.ops.nn", arguments)
  }

  private static func layer(_ className: String, _ arguments: [String: JSONValue]) -> JSONValue {
    object(className, module: "keras.layers", arguments)
  }

  private static func object(_ className: String, module: String, _ arguments: [String: JSONValue]) -> JSONValue {
    .object([
      "module": .string(module), "class_name": .string(className), "registered_name": .null,
      "config": .object(arguments),
    ])
  }
}

extension Pipeline {
  /// Whether this is what stands for Keras 2's `hard_sigmoid`.
  fileprivate var isClippedLine: Bool {
    guard layers.count == 2, let line = layers[0] as? Rescaling, let clip = layers[1] as? ReLU else { return false }
    return line.scale == [0.2] && line.offset == [0.5]
      && clip.function == .relu(negativeSlope: 0, maxValue: 1, threshold: 0)
  }
}
