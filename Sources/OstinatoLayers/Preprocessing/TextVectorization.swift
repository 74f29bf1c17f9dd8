import OstinatoGraph
import OstinatoTensors

/// Texts as the numbers of their words in a vocabulary.
///
/// - Input: strings `(batch,)` or `(batch, 1)`, without `split` also `(batch, n)`, an input of the model; output: int32
///   `(batch, outputSequenceLength)`, as long as the longest text where that is nil, or rows as ``CategoryOutputMode``
///   makes them.
/// - Lowering: splitting and look-up are done before the program runs; see ``StringSource``. Then a bincount unless the
///   output is `int`.
/// - Reference: `keras/src/layers/preprocessing/text_vectorization.py`.
public struct TextVectorization: LookupLayer {
  public static let className = "TextVectorization"
  public var options: LayerOptions
  public let arguments: LookupArguments<StringToken>
  public let outputSequenceLength: Int?
  private let splitter: TextSplitter

  /// A layer that lowers texts, drops their punctuation and splits them into words.
  /// - Parameter ngrams: also groups of up to that many words.
  public init(
    vocabulary: [String], ngrams: Int? = nil, outputMode: CategoryOutputMode = .int, outputSequenceLength: Int? = nil,
    name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    var arguments = LookupArguments<StringToken>(vocabulary: vocabulary.map { StringToken($0) }, oovToken: "[UNK]")
    arguments.maskToken = ""
    arguments.outputMode = outputMode
    self.arguments = arguments
    self.outputSequenceLength = outputSequenceLength
    self.splitter = TextSplitter(
      standardization: .lowerAndStripPunctuation, split: .whitespace, ngrams: ngrams.map { Array(1...max($0, 1)) })
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.arguments = try LookupArguments(config: config, oovToken: "[UNK]", maskToken: "")
    self.outputSequenceLength =
      config["output_sequence_length"] == nil ? nil : try config.positiveInt("output_sequence_length")
    guard try !config.bool("ragged", default: false) else { throw config.failure("ragged", expected: "False") }
    self.splitter = TextSplitter(
      standardization: try config.optionalChoice("standardize", default: .lowerAndStripPunctuation),
      split: try config.optionalChoice("split", default: .whitespace), ngrams: try Self.ngrams(config))
  }

  /// One number stands for all lengths up to it.
  private static func ngrams(_ config: LayerConfig) throws(ModelError) -> [Int]? {
    guard let lengths = try config.optionalInts("ngrams") else { return nil }
    guard lengths.allSatisfy({ (1...1 << 16).contains($0) }) else {
      throw config.failure("ngrams", expected: "a positive integer or a list of them")
    }
    return config["ngrams"]?.int.map { Array(1...$0) } ?? lengths
  }

  public var config: [String: JSONValue] {
    var config = arguments.config.filter {
      !["num_oov_indices", "mask_token", "oov_token", "invert", "oov_method", "salt"].contains($0.key)
    }
    config["standardize"] = splitter.standardization.map { .string($0.rawValue) } ?? .null
    config["split"] = splitter.split.map { .string($0.rawValue) } ?? .null
    config["ngrams"] = splitter.ngrams.map(JSONValue.init) ?? .null
    config["output_sequence_length"] = outputSequenceLength.map(JSONValue.int) ?? .null
    config["ragged"] = .bool(false)
    return config
  }

  /// The shape of the texts whose tokens make one row each.
  private func rows(_ input: SymbolicShape) throws(ModelError) -> SymbolicShape {
    guard splitter.split != nil else { return SymbolicShape(input.dimensions.dropLast()) }
    guard input.rank == 1 || input.rank == 2 && input[1] == 1 else { throw mismatch("strings (batch, 1)", input) }
    return [input[0]]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    let isPlain = splitter.split == nil && splitter.ngrams == nil
    let length = outputSequenceLength ?? (isPlain ? input[-1] : nil)
    let tokens = SymbolicShape(try rows(input).dimensions + [length])
    return [try arguments.outputMode.outputShape(for: tokens, depth: arguments.depth)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let table = try table(call, &graph)
    if let length = outputSequenceLength {
      let shape = try rows(SymbolicShape(call.input.shape)).dimensions.compactMap { $0 } + [length]
      try graph.requireRoom(for: ValueType(try Shape(validating: shape), .int32))
    }
    let numbers = try graph.readStrings([call.input]) { inputs throws(ModelError) in try read(inputs[0], table) }
    return [try encode(numbers, call, into: &graph)]
  }

  /// The numbers of the tokens of all texts, rows filled up to one length.
  private func read(_ texts: Tensor, _ table: VocabularyTable<StringToken>) throws(ModelError) -> Tensor {
    let shape = Shape(try rows(SymbolicShape(texts.shape)).dimensions.map { $0 ?? 0 })
    let pieces = try texts.tokens().map { splitter.pieces(splitter.standardize($0)) }
    let perRow = splitter.split == nil ? texts.shape.last ?? 1 : 1
    let rows = (0..<shape.elementCount).map { row in
      splitter.groups(pieces[row * perRow..<(row + 1) * perRow].flatMap { $0 })
    }
    let length = outputSequenceLength ?? rows.map(\.count).max() ?? 0
    let filler: Int32 = arguments.outputMode == .int ? 0 : -1
    let numbers = rows.flatMap { row in
      row.prefix(length).map { table.number(of: $0) ?? 0 }
        + [Int32](repeating: filler, count: max(0, length - row.count))
    }
    return Tensor(numbers, shape: try Shape(validating: shape + [length]))
  }
}

extension LayerConfig {
  /// One of the strings that `Choice` knows; nil when it is null.
  fileprivate func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, default fallback: Choice
  ) throws(ModelError) -> Choice? {
    members[key]?.isNull ?? false ? nil : try choice(key, default: fallback)
  }
}
