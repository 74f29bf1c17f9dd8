import OstinatoGraph
import OstinatoTensors

/// The first of two inputs less the second, elementwise.
///
/// - Reference: `keras/src/layers/merging/subtract.py`.
public struct Subtract: MergeLayer {
  public static let className = "Subtract"
  public var options: LayerOptions

  public init(name: String? = nil) { self.options = LayerOptions(name: name) }

  public init(config: LayerConfig) throws(ModelError) { self.options = try LayerOptions(config: config) }

  public func merge(_ inputs: [Value], into graph: inout GraphBuilder) throws(ModelError) -> Value {
    guard inputs.count == 2 else {
      throw ModelError(.shapeMismatch, "", "expected two inputs. Received: \(inputs.count)")
    }
    return try graph.combine(.subtract, inputs[0], inputs[1])
  }
}
