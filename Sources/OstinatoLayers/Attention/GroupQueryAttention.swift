import OstinatoGraph
import OstinatoTensors

/// Attention by several heads of which some share keys and values (Ainslie et al., 2023).
///
/// - Reference: `keras/src/layers/attention/grouped_query_attention.py`.
public struct GroupQueryAttention: HeadedAttention {
  public static let className = "GroupQueryAttention"
  public var options: LayerOptions
  public let headDim: Int
  public let numQueryHeads: Int
  public let numKeyValueHeads: Int
  public let useBias: Bool
  public let useGate: Bool
  public let slidingWindow: Int?
  public let dropout: Float

  /// - Parameters:
  ///   - headDim: the length of queries, keys and values in each head.
  ///   - numQueryHeads: the number of heads, a multiple of `numKeyValueHeads`.
  ///   - numKeyValueHeads: the number of heads that have keys and values of their own.
  ///   - slidingWindow: how far apart query and key may be; nil for any distance.
  ///   - useGate: whether the heads' results are multiplied by a projection of the query through a sigmoid.
  public init(
    _ headDim: Int, _ numQueryHeads: Int, _ numKeyValueHeads: Int, useBias: Bool = true, slidingWindow: Int? = nil,
    useGate: Bool = false, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.headDim = headDim
    self.numQueryHeads = numQueryHeads
    self.numKeyValueHeads = numKeyValueHeads
    self.useBias = useBias
    self.useGate = useGate
    self.slidingWindow = slidingWindow
    self.dropout = 0
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.headDim = try config.positiveInt("head_dim")
    self.numQueryHeads = try config.positiveInt("num_query_heads")
    self.numKeyValueHeads = try config.positiveInt("num_key_value_heads")
    self.useBias = try config.bool("use_bias", default: true)
    self.useGate = try config.bool("use_gate", default: false)
    self.slidingWindow = try config.optionalInt("sliding_window")
    self.dropout = try config.float("dropout", default: 0)
    guard numQueryHeads.isMultiple(of: numKeyValueHeads) else {
      throw config.failure("num_query_heads", expected: "a multiple of \(numKeyValueHeads)")
    }
  }

  public var config: [String: JSONValue] {
    [
      "head_dim": .int(headDim), "num_query_heads": .int(numQueryHeads),
      "num_key_value_heads": .int(numKeyValueHeads), "use_bias": .bool(useBias), "use_gate": .bool(useGate),
      "sliding_window": slidingWindow.map(JSONValue.int) ?? .null, "dropout": .double(Double(dropout)),
    ]
  }

  public var pythonName: String { "GroupedQueryAttention" }
  public var keyDim: Int { headDim }
  public var valueDim: Int { headDim }
  public var headCounts: (query: Int, keyValue: Int) { (numQueryHeads, numKeyValueHeads) }
  public func attentionAxes(rank: Int) -> [Int] { [1] }
  public func outputExtents(_ query: SymbolicShape) -> [Int?] { [query[-1]] }
  public static func filePath(_ projection: String) -> String { "_" + projection }

  public func queryMask(_ call: LayerCall, _ graph: GraphBuilder) -> Value? {
    call.keywords["query_mask"]?.first ?? graph.mask(of: call.input)
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let mask = graph.mask(of: call.input)
    let outputs = try attend(call, into: &graph)
    graph.setMask(mask, of: outputs[0])
    return outputs
  }
}
