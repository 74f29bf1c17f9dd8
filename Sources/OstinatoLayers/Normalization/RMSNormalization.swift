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
    let rank = call.input.shape.rank
    let joint = try axes.map { axis throws(ModelError) in try call.input.shape.axis(axis) }
    let isTrailing = joint.sorted() == Array(max(rank - joint.count, 0)..<rank)
    let normal = try normalize(
      call.input, .rootMeanSquare(epsilon: epsilon), scale: isTrailing ? call.weights.variables.first : nil, shift: nil,
      into: &graph)
    // Keras multiplies by the scale as it is: it meets the last axes, whichever were normalised.
    return [isTrailing ? normal : try graph.combine(.multiply, normal, try graph.weight("scale", 0, of: call))]
  }
}
