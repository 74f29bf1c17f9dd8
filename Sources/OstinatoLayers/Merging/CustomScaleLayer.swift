import OstinatoGraph
import OstinatoTensors

/// `x + scale · y`, the residual sum of InceptionResNetV2.
///
/// - Inputs: two of one shape; output: that shape.
/// - Lowering: two elementwise operations.
/// - Reference: `keras/src/applications/inception_resnet_v2.py`.
public struct CustomScaleLayer: MergeLayer {
  public static let className = "CustomScaleLayer"
  public var options: LayerOptions
  public let scale: Float

  /// - Parameter scale: the factor of the second input.
  public init(scale: Float, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.scale = scale
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.scale = try config.float("scale", default: 1)
  }

  public var config: [String: JSONValue] { ["scale": .double(Double(scale))] }

  public func merge(_ inputs: [Value], into graph: inout GraphBuilder) throws(ModelError) -> Value {
    try graph.combine(.add, inputs[0], try graph.apply(.affine(scale: scale, offset: 0), inputs[1]))
  }
}
