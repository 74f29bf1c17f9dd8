import OstinatoGraph
import OstinatoTensors

/// A layer that is a function in Swift: Keras' `Lambda`, or a class of your own that is registered with a function.
///
/// - Input: any tensors; output: what the ``LayerFunction`` declares.
/// - Weights: those that the function declares; a `Lambda` of Keras has none.
/// - Mask: travels on where the function says so.
/// - Lowering: one step that runs the function, on the whole batch unless it says that it does not mix rows.
/// - Reference: `keras/src/layers/core/lambda_layer.py`.
public struct Lambda: Layer {
  public static let className = "Lambda"
  public let className: String
  public var options: LayerOptions
  private let function: LayerFunction
  /// What the model file says of the layer.
  private let arguments: LayerConfig
  public var passesMask: Bool { function.passesMask }

  public init(_ function: LayerFunction, name: String? = nil) {
    self.className = Self.className
    self.options = LayerOptions(name: name)
    self.function = function
    self.arguments = LayerConfig(
      ["function": .inexpressible("a function in Swift")], className: Self.className, subject: Self.className,
      context: DecodingContext())
  }

  /// A `Lambda` in a model file, whose function the registry has by the layer's name or by that of its Python function.
  public init(config: LayerConfig) throws(ModelError) {
    let names = Self.names(config)
    guard let function = names.lazy.compactMap({ config.context.registry.lambda(named: $0) }).first else {
      throw ModelError(
        .unsupportedLayer, config.subject,
        "expected a function in Swift, for what the file has is Python code. Load the model with "
          + "Model(contentsOf: path, registry: .keras.adding(lambda: \"\(names.last ?? Self.className)\", "
          + "LayerFunction { call in [call.input] })). Received: none")
    }
    try self.init(function, config)
  }

  init(_ function: LayerFunction, _ config: LayerConfig) throws(ModelError) {
    self.className = config.className
    self.options = try LayerOptions(config: config)
    self.function = function
    self.arguments = config
  }

  public var config: [String: JSONValue] {
    arguments.members.filter { !["name", "trainable"].contains($0.key) }
  }

  /// The layer's name, then its function's, which for a Python `lambda` is none.
  private static func names(_ config: LayerConfig) -> [String] {
    let function = config["function"]?.string ?? config["function"]?["config"]?.string
    return [config["name"]?.string, function, function.map(ClassOrigin.unqualified)].compactMap { $0 }
  }

  /// Whether rows of the batch may depend on each other.
  var mixesRows: Bool { function.mixesRows }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard !inputs.isEmpty else { throw ModelError(.shapeMismatch, "", "expected an input. Received: none") }
    do { return try function.outputShapes(arguments, inputs) } catch { throw ModelError(ofUser: error) }
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    do { return try function.weights(arguments, inputs) } catch { throw ModelError(ofUser: error) }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let shapes = try knownShapes(for: call.inputs.map(\.shape))
    let (weights, arguments, function) = (call.weights.variables, arguments, function)
    if mixesRows { graph.mixBatch() }
    return try graph.function(of: call.inputs, outputShapes: shapes) {
      try function.body(LayerFunction.Call(inputs: $0, weights: weights, config: arguments))
    }
  }

  /// The declared shapes of the outputs. Each has a batch axis, which without mixing is that of the input.
  private func knownShapes(for inputs: [Shape]) throws(ModelError) -> [Shape] {
    try outputShapes(for: inputs.map { SymbolicShape($0) }).map { shape throws(ModelError) in
      guard let known = shape.known else {
        throw ModelError(.customLayer, "", "expected output extents that follow from the inputs'. Received: \(shape)")
      }
      guard let batch = known.first, mixesRows || batch == inputs.first?.first else {
        throw ModelError(.customLayer, "", "expected outputs with the batch of the input first. Received: \(shape)")
      }
      return known
    }
  }
}
