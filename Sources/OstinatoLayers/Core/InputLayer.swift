import OstinatoGraph
import OstinatoTensors

/// The place where a tensor enters a model.
///
/// - Output: the input as it is.
/// - Reference: `keras/src/layers/core/input_layer.py`.
public struct InputLayer: Layer {
  public static let className = "InputLayer"
  public var options: LayerOptions
  /// The extents with the batch first; nil when the first call decides.
  public let shape: SymbolicShape?
  /// The element type that inputs are converted to.
  public let dataType: DataType

  /// An input of the given extents per batch row: `Input(shape: [nil, 15])` takes sequences of any length.
  public init(shape: [Int?], dataType: DataType = .float32, name: String? = nil) {
    self.init(batchShape: SymbolicShape([nil] + shape), dataType: dataType, name: name)
  }

  /// An input whose extents include the batch; nil when the first call decides.
  public init(batchShape: SymbolicShape?, dataType: DataType = .float32, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.shape = batchShape
    self.dataType = dataType
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.shape = try config.optionalShape(config["batch_shape"] == nil ? "batch_input_shape" : "batch_shape")
    self.dataType = DataType(kerasName: config["dtype"]?.string ?? "float32")
  }

  public var config: [String: JSONValue] {
    ["batch_shape": shape.map(JSONValue.init) ?? .null, "dtype": .string(dataType.rawValue)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard let shape = inputs.first ?? shape else {
      throw ModelError(.shapeMismatch, "", "expected a known input shape")
    }
    return [shape]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] { call.inputs }
}

/// Keras' name for the place where a tensor enters a model.
public typealias Input = InputLayer

extension DataType {
  /// The type that holds Keras' `dtype` here: integers and truth values are int32, strings are strings, everything else
  /// is float32.
  package init(kerasName: String) {
    let isInteger = kerasName.hasPrefix("int") || kerasName.hasPrefix("uint") || kerasName == "bool"
    self = kerasName == "string" ? .string : isInteger ? .int32 : .float32
  }
}

extension JSONValue {
  /// A shape as Keras writes it: a list with `null` for an unknown extent.
  package init(_ shape: SymbolicShape) {
    self = .array(shape.dimensions.map { $0.map(JSONValue.int) ?? .null })
  }

  /// A list of whole numbers.
  package init(_ numbers: [Int]) {
    self = .array(numbers.map(JSONValue.int))
  }
}
