import OstinatoGraph
import OstinatoTensors

/// `scale · x / √(mean of x² + epsilon)` over one axis or several together.
///
/// - Input: any shape; output: the same shape. Keras lets no mask through.
/// - Lowering: one pass over rows, then one affine.
/// - Reference: `keras/src/layers/normalization/rms_normalization.py`.
public struct RMSNormalization: NormalizedAxes {
  public static let className = "RMSNormalization"
  public static let inputNames = ["x"]
  public var options: LayerOptions
  public let axes: [Int]
  public let epsilon: Float

  /// - Parameter axes: the axes that are normalised together.
  public init(axes: [Int] = [-1], epsilon: Float = 1e-6, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.axes = axes.sorted()
    self.epsilon = epsilon
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.axes = (try config.optionalInts("axis") ?? [-1]).sorted()
    self.epsilon = try config.float("epsilon", default: 1e-6)
  }

  public var config: [String: JSONValue] { ["axis": JSONValue(axes), "epsilon": .double(Double(epsilon))] }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    [Variable("scale", try parameterShape(inputs), .ones)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [
      try normalize(
        call.input, .rootMeanSquare(epsilon: epsilon), scale: call.weights.variables.first, shift: nil, into: &graph)
    ]
  }
}
