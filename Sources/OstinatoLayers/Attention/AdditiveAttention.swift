import OstinatoGraph
import OstinatoTensors

/// Additive attention (Bahdanau et al., 2015): scores are `Σ scale · tanh(query + key)`.
///
/// - Reference: `keras/src/layers/attention/additive_attention.py`.
public struct AdditiveAttention: ScoredAttention {
  public static let className = "AdditiveAttention"
  public var options: LayerOptions
  public let useScale: Bool

  /// - Parameter useScale: whether each feature has a learned weight.
  public init(useScale: Bool = true, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.useScale = useScale
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.useScale = try config.bool("use_scale", default: true)
  }

  public var config: [String: JSONValue] { ["use_scale": .bool(useScale)] }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    useScale ? [Variable("scale", [inputs.first.flatMap { $0.rank > 0 ? $0[-1] : nil }], .glorotUniform)] : []
  }

  public func scores(
    query: Value, key: Value, _ call: LayerCall, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value {
    var pairs = try graph.apply(.tanh, try pairs(query, key, into: &graph))
    if useScale { pairs = try graph.combine(.multiply, pairs, try graph.weight("scale", 0, of: call)) }
    return try graph.reduce(.sum, pairs, axes: [pairs.shape.rank - 1])
  }
}
