import Foundation
import Testing

@testable import Ostinato

/// What predictions make of inputs that nobody hoped for.
@Suite struct PredictInputTests {
  private let model: Model

  init() throws {
    model = try Sequential([Input(shape: [4, 3], name: "x"), LSTM(2), Dense(5)])
  }

  @Test(arguments: [
    ([4, 3], "expected shape (None, 4, 3). Received: (4, 3)"),
    ([2, 4], "expected shape (None, 4, 3). Received: (2, 4)"),
    ([2, 4, 2], "expected shape (None, 4, 3). Received: (2, 4, 2)"),
    ([2, 5, 3], "expected shape (None, 4, 3). Received: (2, 5, 3)"), ([], "expected shape (None, 4, 3). Received: ()"),
    ([2, 2, 4, 3], "expected shape (None, 4, 3). Received: (2, 2, 4, 3)"),
  ])
  func shapesThatDoNotFit(_ shape: [Int], _ reason: String) throws {
    #expect(try errorMessage { _ = try model.predict(Tensor(zeros: Shape(shape))) } == "input 'x': \(reason)")
  }

  @Test func inputsThatAreTooManyOrTooFew() throws {
    let x = Tensor(zeros: [1, 4, 3])
    #expect(
      try errorMessage { _ = try model.predict(inputs: [x, x]) }
        == #"sequential: expected 1 inputs ["x (None, 4, 3)"]. Received: 2"#)
    #expect(
      try errorMessage { _ = try model.predict(inputs: [Tensor]()) }
        == #"sequential: expected 1 inputs ["x (None, 4, 3)"]. Received: 0"#)
    #expect(
      try errorMessage { _ = try model.predict(inputs: ["y": x]) }
        == #"sequential: expected inputs named ["x"]. Received: ["y"]"#)
  }

  @Test func stringsForNumbersAndNumbersForStrings() throws {
    let words = Tensor([String](repeating: "a", count: 12), shape: [1, 4, 3])
    #expect(
      try errorMessage { _ = try model.predict(words) } == "input 'x': expected float32 elements. Received: string")
    let lookup = try Sequential([Input(shape: [1], dataType: .string, name: "w"), StringLookup(vocabulary: ["a"])])
    #expect(
      try errorMessage { _ = try lookup.predict(Tensor(zeros: [2, 1])) }
        == "input 'w': expected string elements. Received: float32")
    let confused = try Sequential([Input(shape: [3], dataType: .string), Dense(2)])
    #expect(
      try errorMessage { _ = try confused.predict(Tensor(["a", "b", "c"], shape: [1, 3])) }
        == "dense (Dense): expected numbers. Received: strings, which only look-ups and hashes take")
  }

  @Test func indicesOutsideAVocabulary() throws {
    let embedding = try Sequential([Input(shape: [2], dataType: .int32), Embedding(7, 3, name: "words"), Flatten()])
    for index in [7, -1, Int32.max, Int32.min] {
      let received = try errorMessage { _ = try embedding.predict(Tensor([1, index], shape: [1, 2])) }
      #expect(received == "words (Embedding): expected indices from 0 to 6. Received: \(index)")
    }
    let received = try errorMessage { _ = try embedding.predict(Tensor([.nan, 1e30] as [Float], shape: [1, 2])) }
    #expect(received == "words (Embedding): expected indices from 0 to 6. Received: 2147483647")
  }

  /// As Keras gives them.
  @Test(
    arguments: [
      (ActivationFunction.relu, [Float.nan, .infinity, 0, 1]), (.relu6, [.nan, 6, 0, 1]),
      (.leakyReLU, [.nan, .infinity, -.infinity, 1]), (.elu, [.nan, .infinity, -1, 1]),
      (.celu, [.nan, .infinity, -1, 1]), (.gelu, [.nan, .infinity, .nan, 0.841345]),
      (.silu, [.nan, .infinity, .nan, 0.731059]), (.sigmoid, [.nan, 1, 0, 0.731059]),
      (.hardSigmoid, [.nan, 1, 0, 0.666667]), (.tanh, [.nan, 1, -1, 0.761594]), (.hardTanh, [.nan, 1, -1, 1]),
      (.softplus, [.nan, .infinity, 0, 1.313262]), (.softsign, [.nan, .nan, .nan, 0.5]),
      (.exponential, [.nan, .infinity, 0, 2.718282]), (.mish, [.nan, .infinity, .nan, 0.865098]),
      (.softmax, [.nan, .nan, .nan, .nan]), (.logSoftmax, [.nan, .nan, .nan, .nan]),
      (.softShrink, [0, .infinity, -.infinity, 0.5]), (.hardShrink, [0, .infinity, -.infinity, 1]),
      (.tanhShrink, [.nan, .infinity, -.infinity, 0.238406]), (.sparsePlus, [.nan, .infinity, 0, 1]),
      (.sparseSigmoid, [.nan, 1, 0, 1]),
    ] as [(ActivationFunction, [Float])])
  func numbersThatAreNone(_ function: ActivationFunction, _ expected: [Float]) throws {
    let model = try Sequential([Input(shape: [4]), Activation(function)])
    let received = try model.predict(
      Tensor([.nan, .infinity, -.infinity, 1] as [Float], shape: [1, 4])
    ).floats
    for (left, right) in zip(received, expected) {
      let agree = left == right || left.isNaN && right.isNaN || abs(left - right) < 1e-4
      #expect(agree, "\(function): expected \(expected). Received: \(received)")
    }
  }

  @Test func aRowOfNoNumbersDoesNotReachOthers() throws {
    let rows = Tensor([Float](repeating: 0.5, count: 12) + [Float](repeating: .nan, count: 12), shape: [2, 4, 3])
    let received = try model.predict(rows).floats
    #expect(received[..<5].allSatisfy(\.isFinite) && received[5...].allSatisfy(\.isNaN))
  }

  /// Models whose operations reduce or sort the batch itself say that they cannot without one.
  @Test(arguments: Fixture.all) func emptyBatches(_ fixture: Fixture) throws {
    // Those of the tests' own classes need a registry.
    guard !fixture.name.hasPrefix("custom/") else { return }
    let model = try Model(contentsOf: fixture.modelPath)
    let samples = try fixture.inputs()
    let inputs = samples.map { Tensor([Float](), shape: Shape([0] + $0.shape.dropFirst())) }
    guard !model.inputs.contains(where: { $0.dataType == .string }), inputs.count == model.inputs.count else { return }
    // The encoding of a vector counts all of it.
    guard !fixture.name.hasPrefix("operations/"), fixture.name != "preprocessing/category_encoding_rank1" else {
      _ = try? model.predict(inputs: inputs)
      return
    }
    let outputs = try model.predict(inputs: inputs)
    let expected = try fixture.outputs().map { $0.shape.emptied(ofRows: samples.first?.shape.first) }
    #expect(outputs.map(\.shape) == expected)
  }
}

extension Shape {
  /// The shape without rows: an equation may put the batch behind other axes.
  fileprivate func emptied(ofRows batch: Int?) -> Shape {
    var dimensions = dimensions
    dimensions[dimensions.firstIndex { $0 == batch } ?? 0] = 0
    return Shape(dimensions)
  }
}
