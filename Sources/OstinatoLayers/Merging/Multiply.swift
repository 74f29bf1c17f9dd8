import OstinatoGraph
import OstinatoTensors

/// The product of the inputs, elementwise.
///
/// - Mask: a masked step counts as 1, and the product is 0 where every input is masked.
/// - Reference: `keras/src/layers/merging/multiply.py`.
public struct Multiply: MergeLayer {
  public static let className = "Multiply"
  public var options: LayerOptions

  public init(name: String? = nil) { self.options = LayerOptions(name: name) }

  public init(config: LayerConfig) throws(ModelError) { self.options = try LayerOptions(config: config) }

  public func merge(_ inputs: [Value], into graph: inout GraphBuilder) throws(ModelError) -> Value {
    try graph.maskedProduct(inputs)
  }
}
