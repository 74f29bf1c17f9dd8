import OstinatoGraph
import OstinatoTensors

/// The largest of the inputs, elementwise.
///
/// - Mask: a masked step takes the value of the inputs before it.
/// - Reference: `keras/src/layers/merging/maximum.py`.
public struct Maximum: MergeLayer {
  public static let className = "Maximum"
  public var options: LayerOptions

  public init(name: String? = nil) { self.options = LayerOptions(name: name) }

  public init(config: LayerConfig) throws(ModelError) { self.options = try LayerOptions(config: config) }

  public func merge(_ inputs: [Value], into graph: inout GraphBuilder) throws(ModelError) -> Value {
    try graph.maskedFold(.maximum, inputs)
  }
}
