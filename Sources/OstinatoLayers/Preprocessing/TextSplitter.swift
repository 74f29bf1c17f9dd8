/// How a text becomes tokens: standardised, split, and its words joined to groups.
///
/// As in TensorFlow, only ASCII letters have a lower case, and only ASCII has punctuation and whitespace.
/// Reference: `_preprocess` in `keras/src/layers/preprocessing/text_vectorization.py`.
struct TextSplitter: Sendable {
  /// What is done to the text first.
  enum Standardization: String, Sendable, CaseIterable {
    case lowerAndStripPunctuation = "lower_and_strip_punctuation"
    case lower
    case stripPunctuation = "strip_punctuation"
  }

  /// Where the text is cut.
  enum Split: String, Sendable, CaseIterable {
    case whitespace, character
  }

  let standardization: Standardization?
  let split: Split?
  /// The lengths of the groups of neighbouring tokens that are tokens themselves; nil for tokens alone.
  let ngrams: [Int]?

  func standardize(_ text: StringToken) -> StringToken {
    var bytes = text.bytes
    if standardization == .lower || standardization == .lowerAndStripPunctuation {
      bytes = bytes.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }
    }
    if standardization == .stripPunctuation || standardization == .lowerAndStripPunctuation {
      bytes.removeAll(where: Self.isPunctuation)
    }
    return StringToken(bytes: bytes)
  }

  private static func isPunctuation(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: true
    default: false
    }
  }

  /// The pieces of a standardised text.
  func pieces(_ text: StringToken) -> [StringToken] {
    switch split {
    case nil: [text]
    case .whitespace:
      text.bytes.split { $0 == 0x20 || (0x09...0x0d).contains($0) }.map { StringToken(bytes: Array($0)) }
    case .character: text.text.unicodeScalars.map { StringToken(String($0)) }
    }
  }

  /// All groups of each length in turn.
  func groups(_ tokens: [StringToken]) -> [StringToken] {
    guard let ngrams else { return tokens }
    return ngrams.flatMap { width in
      tokens.indices.dropLast(width - 1).map { start in
        StringToken(bytes: Array(tokens[start..<start + width].map(\.bytes).joined(separator: [0x20])))
      }
    }
  }
}
