/// TensorFlow functions that Keras 2 recorded in functional models, as the operations of Keras 3.
///
/// A `TFOpLambda` calls `config.function` on its first tensor and on keywords; a `SlicingOpLambda` indexes.
enum OperationUpgrade {
  /// Class and parameter names of an operation, in the order of its arguments, with TensorFlow's names for them.
  private struct Target {
    let className: String
    let parameters: [(tensorFlow: String, keras: String)]

    init(_ className: String, _ parameters: (tensorFlow: String, keras: String)...) {
      self.className = className
      self.parameters = parameters
    }

    static func unary(_ className: String) -> Target { Target(className, ("x", "x")) }
    static func binary(_ className: String) -> Target { Target(className, ("x", "x1"), ("y", "x2")) }
    static func reduction(_ className: String) -> Target {
      Target(className, ("input_tensor", "x"), ("axis", "axis"), ("keepdims", "keepdims"))
    }
  }

  private static let targets: [String: Target] = [
    "__operators__.add": .binary("Add"), "math.add": .binary("Add"), "math.subtract": .binary("Subtract"),
    "math.multiply": .binary("Multiply"), "math.divide": .binary("Divide"), "math.truediv": .binary("Divide"),
    "math.floordiv": .binary("FloorDivide"), "math.pow": .binary("Power"), "math.maximum": .binary("Maximum"),
    "math.minimum": .binary("Minimum"), "math.equal": .binary("Equal"), "math.not_equal": .binary("NotEqual"),
    "__operators__.eq": .binary("Equal"), "__operators__.ne": .binary("NotEqual"), "math.less": .binary("Less"),
    "math.less_equal": .binary("LessEqual"), "math.greater": .binary("Greater"),
    "math.greater_equal": .binary("GreaterEqual"), "math.logical_and": .binary("LogicalAnd"),
    "math.logical_or": .binary("LogicalOr"),
    "math.abs": .unary("Absolute"), "math.negative": .unary("Negative"), "math.square": .unary("Square"),
    "math.sqrt": .unary("Sqrt"), "math.rsqrt": .unary("Rsqrt"), "math.exp": .unary("Exp"), "math.log": .unary("Log"),
    "math.log1p": .unary("Log1p"), "math.sin": .unary("Sin"), "math.cos": .unary("Cos"), "math.tanh": .unary("Tanh"),
    "math.sigmoid": .unary("Sigmoid"), "nn.sigmoid": .unary("Sigmoid"), "nn.tanh": .unary("Tanh"),
    "nn.silu": .unary("Silu"), "nn.swish": .unary("Silu"), "math.softplus": .unary("Softplus"),
    "math.floor": .unary("Floor"), "math.ceil": .unary("Ceil"), "math.round": .unary("Round"),
    "math.sign": .unary("Sign"), "math.erf": .unary("Erf"), "math.logical_not": .unary("LogicalNot"),
    "nn.relu": Target("Relu", ("features", "x")), "nn.relu6": Target("Relu6", ("features", "x")),
    "nn.softmax": Target("Softmax", ("logits", "x"), ("axis", "axis")),
    "math.reduce_sum": .reduction("Sum"), "math.reduce_mean": .reduction("Mean"), "math.reduce_max": .reduction("Max"),
    "math.reduce_min": .reduction("Min"), "math.reduce_prod": .reduction("Prod"),
    "math.reduce_variance": .reduction("Var"), "math.reduce_any": .reduction("Any"),
    "math.reduce_all": .reduction("All"),
    "reshape": Target("Reshape", ("tensor", "x"), ("shape", "newshape")),
    "transpose": Target("Transpose", ("a", "x"), ("perm", "axes")),
    "expand_dims": Target("ExpandDims", ("input", "x"), ("axis", "axis")),
    "squeeze": Target("Squeeze", ("input", "x"), ("axis", "axis")),
    "concat": Target("Concatenate", ("values", "xs"), ("axis", "axis")),
    "stack": Target("Stack", ("values", "x"), ("axis", "axis")),
    "linalg.matmul": Target("Matmul", ("a", "x1"), ("b", "x2")),
    "clip_by_value": Target("Clip", ("t", "x"), ("clip_value_min", "x_min"), ("clip_value_max", "x_max")),
    "cast": Target("Cast", ("x", "x"), ("dtype", "dtype")),
    "tile": Target("Tile", ("input", "x"), ("multiples", "repeats")),
    "where": Target("Where", ("condition", "condition"), ("x", "x1"), ("y", "x2")),
    "einsum": Target("Einsum", ("equation", "subscripts"), ("inputs", "operands")),
  ]

  /// The operation that a layer of Keras 2 stands for; nil when it is a real layer, or a function that is not known.
  static func upgraded(_ layer: [String: JSONValue]) -> JSONValue? {
    switch layer["class_name"]?.string {
    case "TFOpLambda":
      guard let function = layer["config"]?["function"]?.string, let target = targets[function] else { return nil }
      return operation(target.className, layer) { arguments, keywords in
        var named: [String: JSONValue] = [:]
        for (index, parameter) in target.parameters.enumerated() {
          if arguments.indices.contains(index) { named[parameter.keras] = arguments[index] }
          if let value = keywords[parameter.tensorFlow] { named[parameter.keras] = value }
        }
        return target.parameters.map { named[$0.keras] ?? .null }
      }
    case "SlicingOpLambda":
      return operation("GetItem", layer) { arguments, keywords in arguments + [keywords["slice_spec"] ?? .null] }
    default:
      return nil
    }
  }

  private static func operation(
    _ className: String, _ layer: [String: JSONValue],
    _ arguments: (_ positional: [JSONValue], _ keywords: [String: JSONValue]) -> [JSONValue]
  ) -> JSONValue {
    var layer = layer
    layer["module"] = .string("keras.src.ops")
    layer["class_name"] = .string(className)
    layer["config"] = .object(["name": layer["name"] ?? .string(className)])
    let calls = (layer["inbound_nodes"]?.array ?? []).map { call in
      JSONValue.object([
        "args": .array(trimmed(arguments(call["args"]?.array ?? [], call["kwargs"]?.object ?? [:]))),
        "kwargs": .object([:]),
      ])
    }
    layer["inbound_nodes"] = .array(calls)
    return .object(layer)
  }

  /// Arguments without those at the end that were not given.
  private static func trimmed(_ arguments: [JSONValue]) -> [JSONValue] {
    Array(arguments.reversed().drop(while: \.isNull).reversed())
  }
}

extension ConfigUpgrade {
  /// The config of a model in an HDF5 file by Keras 3, where modules are left out, with each operation marked as one: it
  /// is told from a layer of the same name by having no data type.
  package static func markingOperations(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(markingOperations))
    case .object(var members):
      members = members.mapValues(markingOperations)
      let isOperation = members["class_name"]?.string.map { operationLowerings[$0] != nil } ?? false
      if isOperation, members["module"] == nil, let config = members["config"]?.object, config["dtype"] == nil {
        members["module"] = .string("keras.src.ops")
      }
      return .object(members)
    default: return value
    }
  }
}
