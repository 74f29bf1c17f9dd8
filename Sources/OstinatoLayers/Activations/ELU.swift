import OstinatoGraph
import OstinatoTensors

/// `x` where it is positive, else `alpha · (eˣ − 1)`.
///
/// - Input: any shape; output: the same shape.
/// - Reference: `keras/src/layers/activations/elu.py`.
public struct ELU: Layer {
  public static let className = "ELU"
  public var options: LayerOptions
  public let alpha: Float
  public let passesMask = true

  public init(alpha: Float = 1, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.alpha = alpha
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.alpha = try config.float("alpha", default: 1)
  }

  public var config: [String: JSONValue] { ["alpha": .double(Double(alpha))] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [try onlyInput(inputs)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [try ActivationFunction.elu(alpha: alpha).lower(call.input, into: &graph)]
  }
}
