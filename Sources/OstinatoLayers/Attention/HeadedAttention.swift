import OstinatoGraph
import OstinatoTensors

/// What MultiHeadAttention and GroupQueryAttention have in common: query, key and value projected to heads, scaled dot
/// products, softmax, and the heads joined by a last projection.
///
/// - Inputs: query `(batch, T, dim)`, value `(batch, S, dim′)`, key `(batch, S, dim″)` where it is not the value; there
///   may be more axes. Output: `(batch, T, dim)`, and the weights `(batch, heads, T, S)` for a call with
///   `return_attention_scores`.
/// - Mask: those of query, value and key, `attention_mask`, `use_causal_mask` and the window all hold together. The
///   query's mask travels on.
/// - Lowering: one gemm per projection; scores and weighed values are one product of matrices per row and head.
public protocol HeadedAttention: Layer {
  /// By what scores are divided, squared.
  var keyDim: Int { get }
  var useBias: Bool { get }
  /// Whether the heads' results are multiplied by a projection of the query through a sigmoid.
  var useGate: Bool { get }
  /// How far apart query and key may be; nil for any distance.
  var slidingWindow: Int? { get }
  var dropout: Float { get }
  /// The axes of the query over which attention goes, for inputs of the given rank.
  func attentionAxes(rank: Int) -> [Int]
  /// Heads of the query, and their number in key and value.
  var headCounts: (query: Int, keyValue: Int) { get }
  /// The length of a value in each head.
  var valueDim: Int { get }
  /// The output's extents in place of the query's last one.
  func outputExtents(_ query: SymbolicShape) -> [Int?]
  /// The path of a projection in a weights file, by its name here.
  static func filePath(_ projection: String) -> String
  /// The mask of the query that takes part.
  func queryMask(_ call: LayerCall, _ graph: GraphBuilder) -> Value?
}

extension HeadedAttention {
  public static var inputNames: [String] { ["query", "value", "key"] }
  public static var laterArgumentNames: [String] {
    [
      "query_mask", "value_mask", "key_mask", "attention_mask", "return_attention_scores", "training",
      "use_causal_mask",
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let ranks = Set(inputs.map(\.rank))
    guard (2...3).contains(inputs.count), ranks.count == 1, let rank = ranks.first, (3...12).contains(rank) else {
      throw ModelError(
        .shapeMismatch, "", "expected query, value and perhaps key of one rank from 3 to 12. Received: \(inputs)")
    }
    guard attentionAxes(rank: rank).allSatisfy({ (1..<rank - 1).contains($0) }) else {
      throw ModelError(
        .malformedConfig, "", "expected attention axes between batch and features. Received: \(inputs[0])")
    }
    return [SymbolicShape(inputs[0].dimensions.dropLast() + outputExtents(inputs[0]))]
  }

  public func outputShapes(
    for inputs: [SymbolicShape], constants: [String: JSONValue]
  ) throws(ModelError) -> [SymbolicShape] {
    let output = try outputShapes(for: inputs)
    guard constants["return_attention_scores"]?.bool ?? false else { return output }
    let axes = attentionAxes(rank: inputs[0].rank)
    let others = (0..<inputs[0].rank - 1).filter { !axes.contains($0) }
    return output + [
      SymbolicShape(
        others.map { inputs[0][$0] } + [headCounts.query] + axes.map { inputs[0][$0] } + axes.map { inputs[1][$0] })
    ]
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    let output = try outputShapes(for: inputs)[0]
    let (query, value, key) = (inputs[0], inputs[1], inputs.last ?? inputs[1])
    let heads = SymbolicShape(query.dimensions.dropLast() + [headCounts.query, valueDim])
    let gate = sublayer("gate_dense", project(headCounts.query, valueDim, activation: .sigmoid), query)
    return [
      sublayer("query_dense", project(headCounts.query, keyDim), query),
      sublayer("key_dense", project(headCounts.keyValue, keyDim), key),
    ] + (useGate ? [gate] : []) + [
      sublayer("value_dense", project(headCounts.keyValue, valueDim), value),
      sublayer("output_dense", join(Array(output.dimensions.dropFirst(query.rank - 1))), heads),
    ]
  }

  private func sublayer(_ name: String, _ layer: EinsumDense, _ input: SymbolicShape) -> Sublayer {
    var layer = layer
    layer.options.name = name == "output_dense" ? "attention_output" : String(name.dropLast("_dense".count))
    return Sublayer(name, path: Self.filePath(name), layer, inputs: [input])
  }

  private func project(_ heads: Int, _ length: Int, activation: ActivationFunction = .linear) -> EinsumDense {
    EinsumDense(
      "...x,xyz->...yz", outputShape: [heads, length], activation: activation, biasAxes: useBias ? "yz" : nil)
  }

  /// Heads back to features, of which there may be several axes.
  private func join(_ extents: [Int?]) -> EinsumDense {
    let letters = String("abcdefghijklmnopqrstuvw".prefix(extents.count))
    return EinsumDense("...yz,yz\(letters)->...\(letters)", outputShape: extents, biasAxes: useBias ? letters : nil)
  }
}

// MARK: - Lowering

extension HeadedAttention {
  /// The output, and the weights where the call asks for them.
  func attend(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let (query, value, key) = (call.inputs[0], call.inputs[1], call.inputs.last ?? call.inputs[1])
    let layers = try sublayers(for: call.inputs.map { SymbolicShape($0.shape) })
    func apply(_ name: String, _ x: Value, _ graph: inout GraphBuilder) throws(ModelError) -> Value {
      guard let layer = layers.first(where: { $0.name == name })?.layer else { return x }
      return try graph.lower(layer, named: name, call.inner(name, inputs: [x]))[0]
    }
    let mask = try visible(call, into: &graph)
    let gate = useGate ? try apply("gate_dense", query, &graph) : nil
    var (keys, values) = (try apply("key_dense", key, &graph), try apply("value_dense", value, &graph))
    let repeats = headCounts.query / headCounts.keyValue
    if repeats > 1 {
      keys = try graph.repeatElements(keys, axis: keys.shape.rank - 2, count: repeats)
      values = try graph.repeatElements(values, axis: values.shape.rank - 2, count: repeats)
    }
    let scale = 1 / Float(keyDim).squareRoot()
    let queries = try graph.apply(.affine(scale: scale, offset: 0), try apply("query_dense", query, &graph))
    let equation = AttentionEquation(axes: attentionAxes(rank: query.shape.rank), rank: queries.shape.rank)
    let scores = try graph.einsum(equation.scores, [queries, keys])
    let returnsScores = call.flag("return_attention_scores")
    // Keras computes a row that is hidden throughout as the mean of the values where it may use its fused attention,
    // and as 0 where it may not.
    let isFused = dropout == 0 && !returnsScores && queries.shape.rank == 4
    let weights = try weigh(scores, mask, equation.axes.count, isFused, into: &graph)
    var output = try graph.einsum(equation.values, [weights, values])
    if let gate { output = try graph.combine(.multiply, output, gate) }
    output = try apply("output_dense", output, &graph)
    return returnsScores ? [output, weights] : [output]
  }

  /// Softmax over the last `depth` axes together, of what the mask lets through.
  private func weigh(
    _ scores: Value, _ mask: Value?, _ depth: Int, _ isFused: Bool, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value {
    let axes = Array(scores.shape.indices.suffix(depth))
    var (scores, aligned) = (scores, mask)
    if let mask {
      let missing = [Int](repeating: 1, count: max(0, scores.shape.rank - mask.shape.rank))
      let shape = Shape(mask.shape.dropLast(2 * depth) + missing + mask.shape.suffix(2 * depth))
      let whole = try graph.reshape(mask, to: shape)
      let hidden = try graph.scalar(isFused ? -0.7 * .greatestFiniteMagnitude : -1e9)
      scores = try graph.select(whole, scores, hidden)
      aligned = whole
    }
    let weights = try graph.alongAxes(axes, of: scores) { graph, rows throws(ModelError) in
      try graph.apply(.softmax, rows, axis: rows.shape.rank - 1)
    }
    guard let aligned, !isFused else { return weights }
    return try graph.select(aligned, weights, try graph.scalar(0))
  }

  /// The mask `(batch, T, S)` that all masks of the call make together; nil when there are none.
  private func visible(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> Value? {
    let (rows, columns) = (call.inputs[0].shape[1], call.inputs[1].shape[1])
    func mask(_ name: String, _ input: Int) -> Value? {
      guard call.inputs.indices.contains(input) else { return call.keywords[name]?.first }
      return call.keywords[name]?.first ?? graph.mask(of: call.inputs[input])
    }
    let (valueMask, keyMask) = (mask("value_mask", 1), mask("key_mask", 2))
    return try graph.conjunction([
      try graph.overRows(queryMask(call, graph)), try graph.overColumns(valueMask), try graph.overColumns(keyMask),
      call.flag("use_causal_mask") ? try graph.causalMask(rows, columns) : nil,
      try slidingWindow.map { width throws(ModelError) in try graph.windowMask(rows, columns, width: width) },
      call.keywords["attention_mask"]?.first,
    ])
  }
}

/// The einsum equations of attention over some axes of projected inputs `(batch, …, heads, length)`. Source:
/// `_build_attention_equation` in `keras/src/layers/attention/multi_head_attention.py`.
private struct AttentionEquation {
  let axes: [Int]
  let scores: String
  let values: String

  init(axes: [Int], rank: Int) {
    let query = Array("abcdefghijklm".prefix(rank))
    let key = query.indices.map { axes.contains($0) ? Array("nopqrstuvwxyz")[$0] : query[$0] }
    let kept = query.indices.dropLast().filter { !axes.contains($0) }.map { query[$0] }
    let product = String(kept + axes.map { query[$0] } + axes.map { key[$0] })
    self.axes = axes
    scores = "\(String(query)),\(String(key))->\(product)"
    values = "\(product),\(String(key))->\(String(query))"
  }
}
