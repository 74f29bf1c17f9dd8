import OstinatoTensors

/// A vocabulary made ready for look-ups.
struct VocabularyTable<Token: LookupToken>: Sendable {
  private let arguments: LookupArguments<Token>
  private let tokens: [Token]
  private let numbers: [Token: Int32]

  /// - Throws: when a token comes twice, or there are more than the layer allows.
  init(_ vocabulary: [Token], _ arguments: LookupArguments<Token>) throws(ModelError) {
    self.arguments = arguments
    self.tokens = Array(arguments.plainTokens(of: vocabulary))
    let start = arguments.tokenStart
    self.numbers = Dictionary(
      tokens.enumerated().map { ($1, Int32(truncatingIfNeeded: start + $0)) }, uniquingKeysWith: { first, _ in first })
    guard numbers.count == tokens.count, start + tokens.count <= arguments.maxTokens ?? Int(Int32.max) else {
      throw ModelError(
        .malformedConfig, "",
        "expected a vocabulary without repetitions of at most `max_tokens` terms. Received: \(tokens.count) terms, "
          + "\(numbers.count) of them different")
    }
  }

  /// Categories that are dropped have a number below 0.
  private static var dropped: Int32 { -1 }

  /// The number of `token`; nil when nothing stands for it.
  func number(of token: Token) -> Int32? {
    if token == arguments.maskToken { return arguments.outputMode == .int ? 0 : Self.dropped }
    if let number = numbers[token] { return number }
    let count = arguments.numOOVIndices
    switch count {
    case 0: return nil
    case 1: return Int32(arguments.oovStart)
    default: return Int32(truncatingIfNeeded: arguments.oovStart) &+ bucket(token, count)
    }
  }

  private func bucket(_ token: Token, _ count: Int) -> Int32 {
    guard let number = token as? Int32, !arguments.hashesIntegers else {
      return arguments.hasher.bucket(token.bytes, of: count)
    }
    let remainder = Int(number) % count
    return Int32(truncatingIfNeeded: remainder < 0 ? remainder + count : remainder)
  }

  /// Every token that a number may stand for: those of the vocabulary, then the one for numbers outside, then the mask.
  var allTokens: [Token] { tokens + [arguments.oovToken] + (arguments.maskToken.map { [$0] } ?? []) }

  /// The place in ``allTokens`` of what `number` stands for.
  func place(of number: Int32) -> Int32 {
    if number == 0, arguments.maskToken != nil { return Int32(tokens.count + 1) }
    let index = Int(number) - arguments.tokenStart
    return Int32(tokens.indices.contains(index) ? index : tokens.count)
  }

  /// Why nothing stands for `token`.
  func objection(to token: Token) -> String {
    "expected tokens of the vocabulary, as `num_oov_indices` is 0. Received: \(token.config)"
  }
}
