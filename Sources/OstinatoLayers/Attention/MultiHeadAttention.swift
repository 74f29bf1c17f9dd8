import OstinatoGraph
import OstinatoTensors

/// Attention by several heads (Vaswani et al., 2017).
///
/// - Mask: Keras takes the query's mask off query, value and key: what uses them after this layer sees none.
/// - Reference: `keras/src/layers/attention/multi_head_attention.py`.
public struct MultiHeadAttention: HeadedAttention {
  public static let className = "MultiHeadAttention"
  public var options: LayerOptions
  public let numHeads: Int
  public let keyDim: Int
  public let valueDim: Int
  public let useBias: Bool
  public let useGate: Bool
  public let outputShape: [Int]?
  /// The axes over which attention goes; nil for all between batch and features.
  public let attentionAxes: [Int]?
  public let slidingWindow: Int?
  public let dropout: Float

  /// - Parameters:
  ///   - numHeads: the number of heads.
  ///   - keyDim: the length of queries and keys in each head.
  ///   - valueDim: the length of values in each head; nil for `keyDim`.
  ///   - outputShape: the output's extents in place of the query's last one.
  ///   - attentionAxes: the axes over which attention goes; nil for all between batch and features.
  ///   - slidingWindow: how far apart query and key may be; nil for any distance.
  ///   - useGate: whether the heads' results are multiplied by a projection of the query through a sigmoid.
  public init(
    _ numHeads: Int, _ keyDim: Int, valueDim: Int? = nil, useBias: Bool = true, outputShape: [Int]? = nil,
    attentionAxes: [Int]? = nil, slidingWindow: Int? = nil, useGate: Bool = false, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.numHeads = numHeads
    self.keyDim = keyDim
    self.valueDim = valueDim ?? keyDim
    self.useBias = useBias
    self.useGate = useGate
    self.outputShape = outputShape
    self.attentionAxes = attentionAxes
    self.slidingWindow = slidingWindow
    self.dropout = 0
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.numHeads = try config.positiveInt("num_heads")
    self.keyDim = try config.positiveInt("key_dim")
    self.valueDim = try config.positiveInt("value_dim", default: keyDim)
    self.useBias = try config.bool("use_bias", default: true)
    self.useGate = try config.bool("use_gate", default: false)
    let extents = try config.optionalInts("output_shape")
    self.outputShape = extents.flatMap { $0.isEmpty ? nil : $0 }
    self.attentionAxes = try config.optionalInts("attention_axes")
    self.slidingWindow = try config.optionalInt("sliding_window")
    self.dropout = try config.float("dropout", default: 0)
    guard outputShape?.allSatisfy({ (1...LayerConfig.largestExtent).contains($0) }) ?? true else {
      throw config.failure("output_shape", expected: "positive integers")
    }
  }

  public var config: [String: JSONValue] {
    [
      "num_heads": .int(numHeads), "key_dim": .int(keyDim), "value_dim": .int(valueDim), "use_bias": .bool(useBias),
      "use_gate": .bool(useGate), "output_shape": outputShape.map { JSONValue($0) } ?? .null,
      "attention_axes": attentionAxes.map { JSONValue($0) } ?? .null,
      "sliding_window": slidingWindow.map(JSONValue.int) ?? .null, "dropout": .double(Double(dropout)),
    ]
  }

  public var headCounts: (query: Int, keyValue: Int) { (numHeads, numHeads) }

  public func attentionAxes(rank: Int) -> [Int] {
    attentionAxes.map { $0.map { $0 < 0 ? $0 + rank : $0 } } ?? Array(1..<rank - 1)
  }

  public func outputExtents(_ query: SymbolicShape) -> [Int?] { outputShape ?? [query[-1]] }

  // Those that Keras shows as a property are stored under its name.
  public static func filePath(_ projection: String) -> String {
    projection == "gate_dense" ? "_gate_dense" : projection
  }

  // Keras takes the implicit mask even where the call gives another.
  public func queryMask(_ call: LayerCall, _ graph: GraphBuilder) -> Value? { graph.mask(of: call.input) }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let mask = queryMask(call, graph)
    let outputs = try attend(call, into: &graph)
    for input in call.inputs { graph.setMask(nil, of: input) }
    graph.setMask(mask, of: outputs[0])
    return outputs
  }
}
