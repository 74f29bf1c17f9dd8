import OstinatoGraph
import OstinatoTensors

/// A Keras layer: its arguments, what it makes of shapes, and how it becomes operations.
///
/// A layer is a value and holds no weights: a model does, by the layer's place in it. What it needs is what
/// ``variables(for:)`` and ``sublayers(for:)`` declare.
public protocol Layer: Sendable {
  /// Keras' class name.
  static var className: String { get }

  /// What Python calls the class, where that is not its public name: layers without a name and weights are called after
  /// it.
  var pythonName: String { get }

  /// Keras' class name of this layer: ``className-swift.type.property`` but for what stands for many classes.
  var className: String { get }

  /// Name, identity and whether it was trained: what every layer has.
  var options: LayerOptions { get set }

  /// Reads the arguments of a layer in a model file.
  /// - Throws: `ModelError.Code.malformedConfig` for an argument that is missing or wrong.
  init(config: LayerConfig) throws(ModelError)

  /// The arguments as Keras writes them in a model file, without name, trainable and dtype.
  var config: [String: JSONValue] { get }

  /// The shapes of the outputs.
  /// - Throws: `ModelError.Code.shapeMismatch` when the inputs do not fit.
  func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape]

  /// The shapes of the outputs of a call with the given constant arguments, for layers that give more outputs or other
  /// shapes by an argument of their call.
  func outputShapes(
    for inputs: [SymbolicShape], constants: [String: JSONValue]
  ) throws(ModelError) -> [SymbolicShape]

  /// What Keras calls the inputs: any of them may come by keyword.
  static var inputNames: [String] { get }

  /// What Keras calls the arguments after the inputs, in order, where a call may give them by place; what a call gives
  /// beyond these names is an input.
  static var laterArgumentNames: [String] { get }

  /// The layer's own weights, in Keras' order.
  func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable]

  /// The layers inside this one that have weights or layers with weights.
  func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer]

  /// Adds the layer's operations to `graph` and returns its outputs.
  func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value]

  /// Whether a mask on the first input travels on with the output, as Keras' `supports_masking` lets it.
  var passesMask: Bool { get }

  /// Weights that the layer brings along: those of a model that is used as a layer.
  var presetWeights: LayerWeights? { get }
}

extension Layer {
  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] { [] }
  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] { [] }
  public static var inputNames: [String] { ["inputs"] }
  public static var laterArgumentNames: [String] { [] }
  public var config: [String: JSONValue] { [:] }
  public var passesMask: Bool { false }
  public var presetWeights: LayerWeights? { nil }

  public func outputShapes(
    for inputs: [SymbolicShape], constants: [String: JSONValue]
  ) throws(ModelError) -> [SymbolicShape] {
    try outputShapes(for: inputs)
  }

  /// Keras' class name.
  public var className: String { Self.className }
  public var pythonName: String { className }
  /// The name that the user gave, or nil.
  public var name: String? { options.name }

  /// A failure of this layer: the path and class are put in front where the layer is placed in a model.
  package func mismatch(_ expected: String, _ received: SymbolicShape) -> ModelError {
    ModelError(.shapeMismatch, "", "expected \(expected). Received: \(received)")
  }

  /// The only input's shape.
  /// - Throws: when there are none or several.
  package func onlyInput(_ inputs: [SymbolicShape]) throws(ModelError) -> SymbolicShape {
    guard let input = inputs.first, inputs.count == 1 else {
      throw ModelError(.shapeMismatch, "", "expected one input. Received: \(inputs.count)")
    }
    return input
  }
}

/// What every layer has.
public struct LayerOptions: Sendable {
  /// Tells a layer from another with the same arguments: copies of one layer share weights.
  final class Identity: Sendable {}

  /// The layer's name in the model; nil to be named after its class.
  public var name: String?
  /// Whether training would change the weights: they count as trainable in the summary.
  public var trainable: Bool
  private(set) var identity = Identity()
  /// Where Keras finds the layer's class; nil for its own.
  private(set) var origin: ClassOrigin?

  /// The options of a new layer.
  public init(name: String? = nil, trainable: Bool = true) {
    self.name = name
    self.trainable = trainable
  }

  /// Makes the layer another than those it was copied from.
  mutating func renewIdentity() { identity = Identity() }

  /// The options of a layer in a model file.
  public init(config: LayerConfig) throws(ModelError) {
    self.init(name: try config.optionalString("name"), trainable: try config.bool("trainable", default: true))
    self.origin = config.origin
  }
}

/// A weight that a layer declares.
public struct Variable: Sendable {
  /// Where a weight is in a file, below the path of its layer.
  public enum Place: Sendable, Hashable {
    /// `vars/0`, `vars/1`, …: by its number among the layer's own weights.
    case numbered
    /// `vars/idf_weights`.
    case named(String)
    /// `vars/0` and so on, where the file has the first weight of the layer inside, of this name, a second time.
    case copy(ofSublayer: String)
    /// A text among the assets, a line for each element. Elements are int32 or strings.
    case asset(String, DataType)

    /// Whether Keras counts it among the layer's weights: what has a name of its own in a file is a layer's private state.
    public var isWeight: Bool { self == .numbered }
  }

  /// What Keras calls it: `kernel`, `bias`, `moving_mean`.
  public let name: String
  /// Its extents; nil where the layer's input shape leaves one open.
  public let shape: SymbolicShape
  /// How it is drawn before training.
  public let initializer: Initializer
  /// False for statistics, such as a moving mean, that training does not optimise.
  public let trainable: Bool
  /// Where it is in a file.
  public let place: Place

  /// A declared weight.
  public init(
    _ name: String, _ shape: SymbolicShape, _ initializer: Initializer, trainable: Bool = true,
    place: Place = .numbered
  ) {
    self.place = place
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.trainable = trainable
  }
}

/// A layer inside another.
public struct Sublayer: Sendable {
  /// What the outer layer calls it: the layer's name in a model, `layer`, `forward_layer` or `cell` in a wrapper.
  public let name: String
  /// Where its weights are in a weights file, below those of the outer layer: `layers/dense_1`, `cell`.
  public let path: String
  /// The layer.
  public let layer: any Layer
  /// The shapes of its inputs.
  public let inputs: [SymbolicShape]

  /// A layer inside another.
  public init(_ name: String, path: String? = nil, _ layer: any Layer, inputs: [SymbolicShape]) {
    self.name = name
    self.path = path ?? name
    self.layer = layer
    self.inputs = inputs
  }
}

/// One use of a layer while a graph is built.
public struct LayerCall: Sendable {
  /// The values of the positional inputs.
  public let inputs: [Value]
  /// The values of inputs given by keyword, such as `initial_state`.
  public let keywords: [String: [Value]]
  /// Arguments of the call that are no tensors, such as `use_causal_mask`.
  public let constants: [String: JSONValue]
  /// The layer's weights and those of the layers inside it.
  public let weights: LayerWeights

  /// One use of a layer.
  public init(
    inputs: [Value], keywords: [String: [Value]] = [:], constants: [String: JSONValue] = [:], weights: LayerWeights
  ) {
    self.inputs = inputs
    self.keywords = keywords
    self.constants = constants
    self.weights = weights
  }

  /// The first input.
  public var input: Value { inputs[0] }

  /// Whether the call sets the argument `name`.
  public func flag(_ name: String) -> Bool { constants[name]?.bool ?? false }

  /// The same layer's call for a layer inside it.
  public func inner(_ name: String, inputs: [Value], keywords: [String: [Value]] = [:]) -> LayerCall {
    LayerCall(inputs: inputs, keywords: keywords, weights: weights[name])
  }
}

extension LayerCall {
  /// Makes sure that `layer` takes the inputs, whose extents were open when the weights were read, and that the weights
  /// are those that it declares for them.
  fileprivate func check(_ layer: any Layer) throws(ModelError) {
    let shapes = inputs.map { SymbolicShape($0.shape) }
    // An operation tries its own lowering to know its shapes.
    if !(layer is RawOperation) { _ = try layer.outputShapes(for: shapes, constants: constants) }
    let declared = try layer.variables(for: shapes).map(\.shape)
    let received = weights.variables.map(\.shape)
    guard declared.count == received.count, zip(declared, received).allSatisfy({ $0.admits($1) }) else {
      throw ModelError(.shapeMismatch, "", "expected weights of shapes \(declared). Received: \(received)")
    }
  }
}

extension GraphBuilder {
  /// The weight called `name`, which is the `index`-th that the layer declares.
  public mutating func weight(_ name: String, _ index: Int, of call: LayerCall) throws(ModelError) -> Value {
    guard call.weights.variables.indices.contains(index) else {
      throw ModelError(
        .missingWeight, "", "expected a weight `\(name)`. Received: \(call.weights.variables.count) weights")
    }
    let tensor = call.weights.variables[index]
    return try constant(name) { () throws(ModelError) in tensor }
  }

  /// Lowers `layer`, one step further down the path, and lets the mask travel where the layer passes it.
  public mutating func lower(
    _ layer: any Layer, named name: String, _ call: LayerCall
  ) throws(ModelError) -> [Value] {
    try scoped(name, className: layer.className) { graph throws(ModelError) in
      do throws(ModelError) {
        try call.check(layer)
        let outputs = try layer.lower(call, into: &graph)
        if layer.passesMask, let first = call.inputs.first, let mask = graph.mask(of: first) {
          for output in outputs { graph.setMask(mask, of: output) }
        }
        return outputs
      } catch {
        let isPlaced = error.subject.contains(" (")
        throw isPlaced ? error : ModelError(error.code, "\(graph.layerPath) (\(layer.className))", error.message)
      }
    }
  }
}
