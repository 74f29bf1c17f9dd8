import OstinatoGraph
import OstinatoTensors

/// What Attention and AdditiveAttention have in common: a score for each pair of query and key, softmax over the keys,
/// and the values weighed by it.
///
/// - Inputs: query `(batch, T, dim)`, value `(batch, S, dim′)`, key `(batch, S, dim)` where it is not the value; output:
///   `(batch, T, dim′)`, and the weights `(batch, T, S)` for a call with `return_attention_scores`.
/// - Mask: the value's hides columns, `use_causal_mask` what lies ahead; rows that the query's mask hides are 0. The
///   query's mask travels on.
/// - Reference: `keras/src/layers/attention/attention.py`.
public protocol ScoredAttention: Layer {
  /// The scores `(batch, T, S)` of queries and keys.
  func scores(
    query: Value, key: Value, _ call: LayerCall, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value
}

extension ScoredAttention {
  public static var laterArgumentNames: [String] { ["mask", "training", "return_attention_scores", "use_causal_mask"] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard (2...3).contains(inputs.count), inputs.allSatisfy({ $0.rank >= 2 }), inputs[0].rank == inputs[1].rank else {
      throw ModelError(.shapeMismatch, "", "expected query, value and perhaps key. Received: \(inputs)")
    }
    return [SymbolicShape(inputs[0].dimensions.dropLast() + [inputs[1][-1]])]
  }

  public func outputShapes(
    for inputs: [SymbolicShape], constants: [String: JSONValue]
  ) throws(ModelError) -> [SymbolicShape] {
    let output = try outputShapes(for: inputs)
    guard constants["return_attention_scores"]?.bool ?? false else { return output }
    return output + [SymbolicShape(inputs[0].dimensions.dropLast() + [inputs[1][-2]])]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let (query, value, key) = (call.inputs[0], call.inputs[1], call.inputs.last ?? call.inputs[1])
    var scores = try scores(query: query, key: key, call, into: &graph)
    let (rows, columns) = (query.shape[query.shape.rank - 2], value.shape[value.shape.rank - 2])
    let visible = try graph.conjunction([
      try graph.overColumns(graph.mask(of: value)),
      call.flag("use_causal_mask") ? try graph.causalMask(rows, columns) : nil,
    ])
    if let visible {
      let hidden = try graph.apply(.affine(scale: 1, offset: -1e9), scores)
      scores = try graph.select(visible, scores, hidden)
    }
    let weights = try graph.apply(.softmax, scores, axis: scores.shape.rank - 1)
    var output = try graph.matmul(weights, value)
    if let mask = graph.mask(of: query) {
      output = try graph.select(try graph.overRows(mask) ?? mask, output, try graph.scalar(0))
      graph.setMask(mask, of: output)
    }
    return call.flag("return_attention_scores") ? [output, weights] : [output]
  }

  /// Queries and keys added pair by pair: `(batch, T, S, dim)`.
  func pairs(_ query: Value, _ key: Value, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    let rows = Shape(query.shape.dropLast() + [1] + query.shape.suffix(1))
    let columns = Shape(key.shape.dropLast(2) + [1] + key.shape.suffix(2))
    return try graph.combine(.add, try graph.reshape(query, to: rows), try graph.reshape(key, to: columns))
  }
}
