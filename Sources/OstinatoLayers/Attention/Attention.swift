import OstinatoGraph
import OstinatoTensors

/// Dot-product attention (Luong et al., 2015): scores are `query · key`, or `Σ tanh(query + key)` by the other mode.
///
/// - Reference: `keras/src/layers/attention/attention.py`.
public struct Attention: ScoredAttention {
  public static let className = "Attention"
  public var options: LayerOptions
  public let useScale: Bool
  public let scoreMode: ScoreMode

  /// How a query and a key become a score.
  public enum ScoreMode: String, Sendable, CaseIterable {
    case dot, concat
  }

  /// - Parameter useScale: whether scores are multiplied by a learned number.
  public init(useScale: Bool = false, scoreMode: ScoreMode = .dot, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.useScale = useScale
    self.scoreMode = scoreMode
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.useScale = try config.bool("use_scale", default: false)
    self.scoreMode = try config.choice("score_mode", default: .dot)
  }

  public var config: [String: JSONValue] {
    ["use_scale": .bool(useScale), "score_mode": .string(scoreMode.rawValue)]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    (useScale ? [Variable("scale", [], .ones)] : [])
      + (scoreMode == .concat ? [Variable("concat_score_weight", [], .ones)] : [])
  }

  public func scores(
    query: Value, key: Value, _ call: LayerCall, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value {
    let scale = useScale ? try graph.weight("scale", 0, of: call) : nil
    guard scoreMode == .concat else {
      let scores = try graph.matmul(query, key, transposeB: true)
      guard let scale else { return scores }
      return try graph.combine(.multiply, scores, scale)
    }
    var pairs = try pairs(query, key, into: &graph)
    if let scale { pairs = try graph.combine(.multiply, pairs, scale) }
    let sums = try graph.reduce(.sum, try graph.apply(.tanh, pairs), axes: [pairs.shape.rank - 1])
    return try graph.combine(.multiply, sums, try graph.weight("concat_score_weight", useScale ? 1 : 0, of: call))
  }
}
