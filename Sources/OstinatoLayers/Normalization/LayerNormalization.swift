import OstinatoGraph
import OstinatoTensors

/// `gamma · (x − mean) / √(variance + epsilon) + beta` over one axis or several together, for each row on its own.
///
/// - Input: any shape; output: the same shape.
/// - Lowering: one pass over rows; other axes than the last are brought there and back.
/// - Reference: `keras/src/layers/normalization/layer_normalization.py`.
public struct LayerNormalization: NormalizedAxes {
  public static let className = "LayerNormalization"
  public var options: LayerOptions
  public let axes: [Int]
  public let epsilon: Float
  public let center: Bool
  public let scale: Bool
  /// Whether the mean stays and beta is left out: Keras' old, mistaken form of RMS scaling.
  public let rmsScaling: Bool
  public let passesMask = true

  /// - Parameters:
  ///   - axes: the axes that are normalised together.
  ///   - center: whether there is a beta.
  ///   - scale: whether there is a gamma.
  public init(
    axes: [Int] = [-1], epsilon: Float = 1e-3, center: Bool = true, scale: Bool = true, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.axes = axes.sorted()
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.rmsScaling = false
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.axes = (try config.optionalInts("axis") ?? [-1]).sorted()
    self.epsilon = try config.float("epsilon", default: 1e-3)
    self.center = try config.bool("center", default: true)
    self.scale = try config.bool("scale", default: true)
    self.rmsScaling = try config.bool("rms_scaling", default: false)
  }

  public var config: [String: JSONValue] {
    [
      "axis": JSONValue(axes), "epsilon": .double(Double(epsilon)), "center": .bool(center), "scale": .bool(scale),
      "rms_scaling": .bool(rmsScaling),
    ]
  }

  private var hasGamma: Bool { scale || rmsScaling }
  private var hasBeta: Bool { center && !rmsScaling }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let shape = try parameterShape(inputs)
    return (hasGamma ? [Variable("gamma", shape, .ones)] : []) + (hasBeta ? [Variable("beta", shape, .zeros)] : [])
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let variables = call.weights.variables
    return [
      try normalize(
        call.input, rmsScaling ? .deviation(epsilon: epsilon) : .standard(epsilon: epsilon),
        scale: hasGamma ? variables.first : nil, shift: hasBeta ? variables.last : nil, into: &graph)
    ]
  }
}
