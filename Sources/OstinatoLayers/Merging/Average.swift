import OstinatoGraph
import OstinatoTensors

/// The mean of the inputs, elementwise.
///
/// - Reference: `keras/src/layers/merging/average.py`.
public struct Average: MergeLayer {
  public static let className = "Average"
  public var options: LayerOptions

  public init(name: String? = nil) { self.options = LayerOptions(name: name) }

  public init(config: LayerConfig) throws(ModelError) { self.options = try LayerOptions(config: config) }

  public func merge(_ inputs: [Value], into graph: inout GraphBuilder) throws(ModelError) -> Value {
    try graph.apply(.affine(scale: 1 / Float(inputs.count), offset: 0), try graph.fold(.add, inputs))
  }
}
