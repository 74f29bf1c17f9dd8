import OstinatoGraph
import OstinatoTensors

/// `min(x, maxValue)` where `x ≥ threshold`, else `negativeSlope · (x − threshold)`.
///
/// - Input: any shape; output: the same shape.
/// - Reference: `keras/src/layers/activations/relu.py`.
public struct ReLU: Layer {
  public static let className = "ReLU"
  public var options: LayerOptions
  public let maxValue: Float?
  public let negativeSlope: Float
  public let threshold: Float
  public let passesMask = true

  /// - Parameters:
  ///   - maxValue: the largest output, nil for no limit.
  ///   - negativeSlope: the slope below the threshold.
  ///   - threshold: where the unit slope starts.
  public init(maxValue: Float? = nil, negativeSlope: Float = 0, threshold: Float = 0, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.maxValue = maxValue
    self.negativeSlope = negativeSlope
    self.threshold = threshold
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.maxValue = try config.optionalFloat("max_value")
    self.negativeSlope = try config.float("negative_slope", default: 0)
    self.threshold = try config.float("threshold", default: 0)
  }

  public var config: [String: JSONValue] {
    [
      "max_value": maxValue.map { .double(Double($0)) } ?? .null, "negative_slope": .double(Double(negativeSlope)),
      "threshold": .double(Double(threshold)),
    ]
  }

  /// The same as a function.
  var function: ActivationFunction {
    .relu(negativeSlope: negativeSlope, maxValue: maxValue, threshold: threshold)
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [try onlyInput(inputs)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [try function.lower(call.input, into: &graph)]
  }
}
