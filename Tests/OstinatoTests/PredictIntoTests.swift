import Ostinato
import Testing

@Suite struct PredictIntoTests {
  private let model: Model
  private let input = Tensor((0..<5 * 3 * 7).map { Float($0 % 11) / 7 }, shape: [5, 3, 7])

  init() throws {
    model = try Sequential([Input(shape: [3, 7]), TimeDistributed(Dense(4, activation: .softmax))])
  }

  @Test(arguments: [nil, 1, 2, 5]) func writesWhatPredictGives(_ batchSize: Int?) throws {
    var output = Tensor(zeros: [5, 3, 4])
    let address = output.withUnsafeBytes(\.baseAddress)
    try model.predict(input, into: &output, batchSize: batchSize)
    #expect(output == (try model.predict(input)))
    #expect(output.withUnsafeBytes(\.baseAddress) == address)
  }

  @Test func convertsInputsAsPredictDoes() throws {
    let whole = Tensor((0..<105).map { Int32($0 % 5) }, shape: [5, 3, 7])
    var output = Tensor(zeros: [5, 3, 4])
    try model.predict(whole, into: &output)
    #expect(output == (try model.predict(whole)))
  }

  @Test func leavesTensorsThatShareBytesAlone() throws {
    let zeros = Tensor(zeros: [5, 3, 4])
    var output = zeros
    try model.predict(input, into: &output)
    #expect(zeros == Tensor(zeros: [5, 3, 4]))
    #expect(output != zeros)
  }

  @Test(arguments: [Tensor(zeros: [4, 3, 4]), Tensor(zeros: [5, 3, 4], dataType: .int32)])
  func refusesAnotherShapeOrType(_ output: Tensor) {
    var output = output
    #expect {
      try model.predict(input, into: &output)
    } throws: { error in
      "\(error)".contains("expected a tensor of (5, 3, 4) float32. Received: \(output.shape)")
    }
  }

  @Test func writesSeveralOutputs() throws {
    let inputs = Input(shape: [6])
    let model = try Model(inputs: [inputs], outputs: [Dense(2)(inputs), Dense(3)(inputs)])
    let x = Tensor(zeros: [4, 6])
    var outputs = [Tensor(zeros: [4, 2]), Tensor(zeros: [4, 3])]
    try model.predict(inputs: [x], into: &outputs)
    #expect(outputs == (try model.predict(inputs: [x])))
  }
}
