import OstinatoGraph
import OstinatoTensors

/// Strings as their places in a vocabulary, or the way back.
///
/// - Input: strings, any shape, an input of the model; output: int32 of the same shape, or rows as
///   ``CategoryOutputMode`` makes them. Inverted: whole numbers to strings, which only the model's output can be.
/// - Lowering: the look-up is done before the program runs; see ``StringSource``. Then a bincount unless the output is
///   `int`.
/// - Reference: `keras/src/layers/preprocessing/string_lookup.py`.
public struct StringLookup: LookupLayer {
  public static let className = "StringLookup"
  public var options: LayerOptions
  public let arguments: LookupArguments<StringToken>

  public init(
    vocabulary: [String], numOOVIndices: Int = 1, maskToken: String? = nil, outputMode: CategoryOutputMode = .int,
    invert: Bool = false, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    var arguments = LookupArguments<StringToken>(vocabulary: vocabulary.map { StringToken($0) }, oovToken: "[UNK]")
    arguments.numOOVIndices = numOOVIndices
    arguments.maskToken = maskToken.map { StringToken($0) }
    arguments.outputMode = outputMode
    arguments.invert = invert
    self.arguments = arguments
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.arguments = try LookupArguments(config: config, oovToken: "[UNK]", maskToken: nil)
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let table = try table(call, &graph)
    guard !arguments.invert else { return [try invert(call.input, table, into: &graph)] }
    let numbers = try graph.readStrings([call.input]) { inputs throws(ModelError) in
      try table.numbers(of: try inputs[0].tokens(), shape: inputs[0].shape)
    }
    return [try encode(numbers, call, into: &graph)]
  }

  private func invert(
    _ input: Value, _ table: VocabularyTable<StringToken>, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value {
    let lookUp = IntegerMap("look-up") { table.place(of: $0[0]) }
    let places = try graph.addOne(lookUp, try graph.asInteger(input))
    return try graph.strings(places, of: table.allTokens.map(\.text))
  }
}

extension VocabularyTable<StringToken> {
  /// The numbers of all `tokens`.
  /// - Throws: when nothing stands for one of them.
  func numbers(of tokens: [StringToken], shape: Shape) throws(ModelError) -> Tensor {
    let numbers = tokens.map(number)
    if let place = numbers.firstIndex(where: { $0 == nil }) {
      throw ModelError(.invalidInput, "", objection(to: tokens[place]))
    }
    return Tensor(numbers.map { $0 ?? 0 }, shape: shape)
  }
}

extension Tensor {
  /// The elements of an input that holds strings.
  func tokens() throws(ModelError) -> [StringToken] {
    guard dataType == .string else {
      throw ModelError(.invalidInput, "", "expected strings. Received: \(dataType.rawValue)")
    }
    return StringToken.tokens(of: self)
  }
}
