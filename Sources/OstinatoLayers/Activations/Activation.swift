import OstinatoGraph
import OstinatoTensors

/// An activation function as a layer.
///
/// - Input: any shape; output: the same shape.
/// - Lowering: one elementwise or row operation; an elementwise one moves into the epilogue of a GEMM before it.
/// - Reference: `keras/src/layers/activations/activation.py`.
public struct Activation: Layer {
  public static let className = "Activation"
  public var options: LayerOptions
  public let activation: ActivationFunction
  public let passesMask = true

  /// `Activation(.softmax)`.
  public init(_ activation: ActivationFunction, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.activation = activation
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.activation = try config.activation()
  }

  public var config: [String: JSONValue] { ["activation": activation.config] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    var shape = try onlyInput(inputs)
    if case .glu(let axis) = activation {
      guard (-shape.rank..<shape.rank).contains(axis) else { throw mismatch("an input with an axis \(axis)", shape) }
      if let extent = shape[axis] { shape[axis] = extent / 2 }
    }
    return [shape]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [try activation.lower(call.input, into: &graph)]
  }
}
