import OstinatoGraph
import OstinatoTensors

/// An embedding that also goes back: called with `reverse`, it turns features into one score per row of its table.
///
/// - Input: whole numbers `(batch, …)`, or features `(batch, …, outputDim)` in reverse; output: `(batch, …, outputDim)`,
///   or scores `(batch, …, inputDim)`.
/// - Mask: as ``Embedding``; none in reverse.
/// - Lowering: one gather, or one gemm with the table transposed.
/// - Reference: `keras/src/layers/core/reversible_embedding.py`.
public struct ReversibleEmbedding: Layer {
  public static let className = "ReversibleEmbedding"
  public var options: LayerOptions
  private let embedding: Embedding
  /// Whether both ways share one table.
  public let tieWeights: Bool
  /// Scores are squeezed into ± this by `cap · tanh(score / cap)`; nil for no limit.
  public let logitSoftCap: Float?

  /// - Parameters:
  ///   - inputDim: the number of rows: the largest index plus one.
  ///   - outputDim: the length of a row.
  ///   - tieWeights: whether both ways share one table.
  public init(
    _ inputDim: Int, _ outputDim: Int, tieWeights: Bool = true, maskZero: Bool = false, logitSoftCap: Float? = nil,
    name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.embedding = Embedding(inputDim, outputDim, maskZero: maskZero)
    self.tieWeights = tieWeights
    self.logitSoftCap = logitSoftCap
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.embedding = try Embedding(config: config)
    self.tieWeights = try config.bool("tie_weights", default: true)
    self.logitSoftCap = try config.optionalFloat("logit_soft_cap")
  }

  public var config: [String: JSONValue] {
    embedding.config.merging([
      "tie_weights": .bool(tieWeights), "logit_soft_cap": logitSoftCap.map { .double(Double($0)) } ?? .null,
    ]) { $1 }
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try embedding.outputShapes(for: inputs)
  }

  public func outputShapes(
    for inputs: [SymbolicShape], constants: [String: JSONValue]
  ) throws(ModelError) -> [SymbolicShape] {
    guard constants["reverse"]?.bool ?? false else { return try outputShapes(for: inputs) }
    var shape = try onlyInput(inputs)
    guard shape.rank > 0 else { throw mismatch("features", shape) }
    shape[-1] = embedding.inputDim
    return [shape]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let reverse = Variable(
      "reverse_embeddings", [embedding.outputDim, embedding.inputDim], embedding.embeddingsInitializer)
    return try embedding.variables(for: inputs) + (tieWeights ? [] : [reverse])
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    guard call.flag("reverse") else { return try embedding.lower(call, into: &graph) }
    let table = try graph.weight(tieWeights ? "embeddings" : "reverse_embeddings", tieWeights ? 0 : 1, of: call)
    let kernel = try graph.rearranged(
      table, tieWeights ? [1, 0] : [0, 1], to: [embedding.outputDim, embedding.inputDim])
    let scores = try graph.gemm(call.input, kernel: kernel, bias: nil)
    guard let cap = logitSoftCap else { return [scores] }
    let squeezed = try graph.apply(.tanh, try graph.apply(.affine(scale: 1 / cap, offset: 0), scores))
    return [try graph.apply(.affine(scale: cap, offset: 0), squeezed)]
  }
}
