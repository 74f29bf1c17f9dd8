import OstinatoTensors

/// The arguments that look-up layers share.
///
/// Reference: `keras/src/layers/preprocessing/index_lookup.py`.
public struct LookupArguments<Token: LookupToken>: Sendable {
  /// nil where it is an asset of the file.
  public var vocabulary: [Token]?
  /// nil where they are a weight, or not needed.
  public var idfWeights: [Float]?
  public var maxTokens: Int?
  /// How many numbers stand for what is not in the vocabulary.
  public var numOOVIndices = 1
  /// What means nothing: 0 for `int`, dropped otherwise.
  public var maskToken: Token?
  /// What a number that stands for no token gives when the look-up is inverted.
  public var oovToken: Token
  public var invert = false
  public var outputMode = CategoryOutputMode.int
  public var padToMaxTokens = false
  /// Whether integers that are not in the vocabulary are hashed as their digits rather than taken modulo.
  public var hashesIntegers = false
  public var hasher = StringHasher()
  /// The number of categories, when the vocabulary is an asset.
  public var vocabularySize: Int?

  public init(vocabulary: [Token]?, oovToken: Token) {
    self.vocabulary = vocabulary
    self.oovToken = oovToken
  }

  init(config: LayerConfig, oovToken: Token, maskToken: Token?) throws(ModelError) {
    func token(_ key: String, _ fallback: Token?) throws(ModelError) -> Token? {
      guard let value = config.members[key] else { return fallback }
      guard !value.isNull else { return nil }
      guard let token = Token(value) else { throw config.failure(key, expected: "a token") }
      return token
    }
    self.oovToken = try token("oov_token", oovToken) ?? oovToken
    self.maskToken = try token("mask_token", maskToken)
    vocabulary = try Self.vocabulary(config)
    idfWeights = try config.optionalFloats("idf_weights")
    maxTokens = config["max_tokens"] == nil ? nil : try config.positiveInt("max_tokens")
    numOOVIndices = try config.int("num_oov_indices", default: 1)
    invert = try config.bool("invert", default: false)
    outputMode = try config.outputMode(default: .int, allowed: CategoryOutputMode.allCases)
    padToMaxTokens = try config.bool("pad_to_max_tokens", default: false)
    hashesIntegers = try config.optionalString("oov_method") == "farmhash"
    hasher = try StringHasher(config: config)
    vocabularySize = config["vocabulary_size"] == nil ? nil : try config.positiveInt("vocabulary_size")
    guard (0...LayerConfig.largestExtent).contains(numOOVIndices) else {
      throw config.failure("num_oov_indices", expected: "a whole number that is not negative")
    }
    if padToMaxTokens && maxTokens == nil { throw config.failure("max_tokens", expected: "a positive integer") }
    if invert && outputMode != .int { throw config.failure("output_mode", expected: "'int' with `invert`") }
  }

  private static func vocabulary(_ config: LayerConfig) throws(ModelError) -> [Token]? {
    guard let value = config["vocabulary"] else { return nil }
    guard let tokens = value.array?.compactMap({ Token($0) }), tokens.count == value.array?.count, !tokens.isEmpty
    else {
      throw config.failure("vocabulary", expected: "a list of tokens")
    }
    return tokens
  }

  var config: [String: JSONValue] {
    [
      "vocabulary": vocabulary.map { .array($0.map(\.config)) } ?? .null,
      "idf_weights": idfWeights.map { .array($0.map { .double(Double($0)) }) } ?? .null,
      "max_tokens": maxTokens.map(JSONValue.int) ?? .null, "num_oov_indices": .int(numOOVIndices),
      "mask_token": maskToken?.config ?? .null, "oov_token": oovToken.config, "invert": .bool(invert),
      "output_mode": .string(outputMode.rawValue), "pad_to_max_tokens": .bool(padToMaxTokens),
      "oov_method": .string(hashesIntegers ? "farmhash" : "floormod"), "salt": hasher.config,
      "vocabulary_size": depth.map(JSONValue.int) ?? .null, "sparse": .bool(false),
    ]
  }

  // MARK: Numbers

  /// The first number that stands for what is not in the vocabulary.
  var oovStart: Int { maskToken != nil && outputMode == .int ? 1 : 0 }
  /// The number of the first token.
  var tokenStart: Int { oovStart + numOOVIndices }

  /// `vocabulary` without the special tokens that it may begin with.
  func plainTokens(of vocabulary: [Token]) -> ArraySlice<Token> {
    let special =
      [Token](repeating: maskToken ?? oovToken, count: oovStart)
      + [Token](repeating: oovToken, count: min(numOOVIndices, vocabulary.count + 1))
    return vocabulary.starts(with: special) ? vocabulary.dropFirst(special.count) : vocabulary[...]
  }

  /// The number of categories, or nil when the file does not say.
  var depth: Int? {
    padToMaxTokens ? maxTokens : vocabulary.map { tokenStart + plainTokens(of: $0).count } ?? vocabularySize
  }
}
