import OstinatoGraph
import OstinatoTensors

/// The sum of the inputs, elementwise.
///
/// - Lowering: sums that follow a GEMM or convolution move into its epilogue.
/// - Reference: `keras/src/layers/merging/add.py`.
public struct Add: MergeLayer {
  public static let className = "Add"
  public var options: LayerOptions

  public init(name: String? = nil) { self.options = LayerOptions(name: name) }

  public init(config: LayerConfig) throws(ModelError) { self.options = try LayerOptions(config: config) }

  public func merge(_ inputs: [Value], into graph: inout GraphBuilder) throws(ModelError) -> Value {
    try graph.fold(.add, inputs)
  }
}
