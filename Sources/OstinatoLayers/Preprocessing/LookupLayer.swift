import OstinatoGraph
import OstinatoTensors

/// What `IntegerLookup`, `StringLookup` and `TextVectorization` have in common: tokens become their numbers in a
/// vocabulary, which is an argument or an asset of the file.
///
/// Keras gives int64 numbers; here they are int32, which no vocabulary exceeds.
/// Reference: `keras/src/layers/preprocessing/index_lookup.py`.
public protocol LookupLayer: Layer {
  associatedtype Token: LookupToken
  /// Keras' arguments.
  var arguments: LookupArguments<Token> { get }
}

extension LookupLayer {
  public var config: [String: JSONValue] { arguments.config }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [try arguments.outputMode.outputShape(for: try onlyInput(inputs), depth: arguments.depth)]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let vocabulary = Variable(
      "vocabulary", [nil], .zeros, trainable: false, place: .asset("vocabulary.txt", Token.dataType))
    let weights = Variable("idf_weights", [nil], .zeros, trainable: false, place: .named("idf_weights"))
    let needsWeights = arguments.outputMode == .tfIdf && arguments.idfWeights == nil
    return (arguments.vocabulary == nil ? [vocabulary] : []) + (needsWeights ? [weights] : [])
  }

  /// The vocabulary, made ready once.
  func table(_ call: LayerCall, _ graph: inout GraphBuilder) throws(ModelError) -> VocabularyTable<Token> {
    try graph.object("vocabulary") { () throws(ModelError) in
      try VocabularyTable(arguments.vocabulary ?? call.weights.variables.first.map(Token.tokens) ?? [], arguments)
    }
  }

  /// Numbers of tokens as the layer gives them.
  func encode(_ numbers: Value, _ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    guard arguments.outputMode != .int else { return numbers }
    guard let depth = arguments.depth else {
      throw ModelError(.malformedConfig, "", "expected `vocabulary_size` beside a vocabulary in the assets")
    }
    let rows = try arguments.outputMode.lower(numbers, depth: depth, into: &graph)
    guard arguments.outputMode == .tfIdf else { return rows }
    let weights = try graph.constant("idf_weights") { () throws(ModelError) in
      try arguments.paddedWeights(depth: depth) ?? call.weights.variables.last ?? Tensor(zeros: [depth])
    }
    return try graph.combine(.multiply, rows, weights)
  }
}

extension LookupArguments {
  /// The weights of all categories: those of tokens that are not in the vocabulary are the mean of the others, those of
  /// categories beyond it are 0.
  fileprivate func paddedWeights(depth: Int) throws(ModelError) -> Tensor? {
    guard let idfWeights, let vocabulary else { return nil }
    guard idfWeights.count == vocabulary.count else {
      throw ModelError(
        .malformedConfig, "",
        "expected as many `idf_weights` as terms in the vocabulary, \(vocabulary.count). Received: \(idfWeights.count)")
    }
    let mean = Float(idfWeights.reduce(0) { $0 + Double($1) } / Double(max(idfWeights.count, 1)))
    let hasSpecial = plainTokens(of: vocabulary).count < vocabulary.count
    let weights = [Float](repeating: mean, count: hasSpecial ? 0 : tokenStart) + idfWeights
    return Tensor(weights + [Float](repeating: 0, count: max(0, depth - weights.count)))
  }
}
