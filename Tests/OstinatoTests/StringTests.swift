import Ostinato
import Testing

/// Strings as inputs and outputs of models.
@Suite struct StringTests {
  private func vectorizer() -> TextVectorization { TextVectorization(vocabulary: ["the", "fox", "dog"]) }

  @Test func theLongestTextOfTheBatchDecidesTheWidth() throws {
    let model = try Sequential([Input(shape: [1], dataType: .string), vectorizer()])
    #expect(try model.predict([["the fox"], ["The dog, the wolf!"]], batchSize: 1) == [[2, 3, 0, 0], [2, 4, 2, 1]])
    #expect(try model.predict([["fox"]]) == [[3]])
    #expect(try model.predict([[""]]).shape == [1, 0])
  }

  @Test func aModelThatReadsStringsIsALayer() throws {
    let reader = try Sequential([Input(shape: [1], dataType: .string), vectorizer(), Embedding(5, 3)], name: "reader")
    let input = Input(shape: [1], dataType: .string)
    let model = try Model(inputs: input, outputs: reader(input))
    let texts: Tensor = [["the fox"], ["a dog"]]
    #expect(try model.predict(texts) == reader.predict(texts))
  }

  @Test func onlyLookUpsTakeStrings() throws {
    let input = Input(shape: [3], dataType: .string)
    let wrong = try Model(inputs: input, outputs: Activation(.relu)(input))
    let words: Tensor = [["a", "b", "c"]]
    #expect(throws: ModelError.self) { try wrong.predict(words) }
    #expect(throws: ModelError.self) { try Model(inputs: input, outputs: input).predict(words) }
    let right = try Model(inputs: input, outputs: StringLookup(vocabulary: ["a", "b"])(input))
    #expect(try right.predict(words) == [[1, 2, 0]])
    #expect(throws: ModelError.self) { try right.predict([[1, 2, 3]]) }
  }

  @Test func withoutANumberForTheUnknownTheyAreAnError() throws {
    let strict = try Sequential([
      Input(shape: [2], dataType: .string), StringLookup(vocabulary: ["a"], numOOVIndices: 0, name: "strict"),
    ])
    #expect(try strict.predict([["a", "a"]]) == [[0, 0]])
    do {
      _ = try strict.predict([["a", "z"]])
      Issue.record("expected an error")
    } catch {
      #expect(
        "\(error)"
          == "strict (StringLookup): expected tokens of the vocabulary, as `num_oov_indices` is 0. Received: 'z'")
    }
  }

  @Test func numbersBecomeStringsAgain() throws {
    let back = try Sequential([
      Input(shape: [3], dataType: .int32), StringLookup(vocabulary: ["a", "b"], invert: true),
    ])
    #expect(try back.predict([[1, 2, 7]], batchSize: 1) == [["a", "b", "[UNK]"]])
  }

  @Test func tokensAreComparedByTheirBytes() throws {
    let composed = "\u{e9}"
    let model = try Sequential([Input(shape: [2], dataType: .string), StringLookup(vocabulary: [composed])])
    #expect(try model.predict([["\u{e9}", "e\u{301}"]]) == [[1, 0]])
  }
}
