import Ostinato
import Testing

/// Models made in Swift: shapes, parameters, weights, names, sharing.
@Suite struct ModelTests {
  private func digits(_ shape: Shape) -> Tensor {
    Tensor((0..<shape.elementCount).map { Float(($0 * 7919) % 256) / 255 }, shape: shape)
  }

  @Test func timeDistributedDenseEqualsDense() throws {
    let wrapped = try Sequential([Input(shape: [3, 784]), TimeDistributed(Dense(4))])
    var bare = try Sequential([Input(shape: [784]), Dense(4)])
    #expect(try wrapped.weights(of: "time_distributed").map(\.shape) == [[784, 4], [4]])
    try bare.setWeights(try wrapped.weights(of: "time_distributed"), of: "dense")
    let images = digits([9, 784])
    let folded = try wrapped.predict(images.reshaped(to: [3, 3, 784]))
    let flat = try bare.predict(images)
    #expect(folded.shape == [3, 3, 4])
    #expect(folded.reshaped(to: [9, 4]).isClose(to: flat))
  }

  @Test func theFunctionalAPISharesALayerThatIsCalledTwice() throws {
    let (left, right) = (Input(shape: [5]), Input(shape: [5]))
    let shared = Dense(3)
    let model = try Model(inputs: [left, right], outputs: [Concatenate()([shared(left), shared(right)])])
    #expect(try model.weights(of: "dense").count == 2)
    let x = digits([2, 5])
    let outputs = try model.predict(inputs: [x, x])
    #expect(outputs[0].shape == [2, 6])
    for row in 0..<2 { for column in 0..<3 { #expect(outputs[0][row, column] == outputs[0][row, column + 3]) } }
  }

  @Test func aModelIsALayerAndBringsItsWeights() throws {
    let encoder = try Sequential([Input(shape: [4]), Dense(3, activation: .tanh)], name: "encoder", seed: 7)
    let model = try Sequential([Input(shape: [2, 4]), TimeDistributed(encoder), Flatten(), Dense(2)])
    #expect(try model.weights(of: "time_distributed/layer/dense")[0] == encoder.weights(of: "dense")[0])
    #expect(try model.weights(of: "time_distributed").count == 2)
  }

  @Test func aModelWithoutInputShapeTakesItFromItsCall() throws {
    let head = try Sequential([Conv2D(2, (3, 3)), Flatten()])
    let model = try Sequential([Input(shape: [2, 5, 5, 1]), TimeDistributed(head)])
    let output = try model.predict(digits([1, 2, 5, 5, 1]))
    #expect(output.shape == [1, 2, 18])
    #expect(throws: ModelError.self) { try head.predict(digits([1, 5, 5, 1])) }
  }

  @Test func weightsAreThoseOfTheSeed() throws {
    func kernel(_ seed: UInt64) throws -> Tensor {
      try Sequential([Input(shape: [64, 15]), GRU(16)], seed: seed).weights(of: "gru")[1]
    }
    #expect(try kernel(1) == kernel(1))
    #expect(try kernel(1) != kernel(2))
    let recurrent = try kernel(3).floats
    for (left, right) in [(0, 0), (3, 3), (0, 5)] {
      let product = (0..<48).reduce(Float(0)) { $0 + recurrent[left * 48 + $1] * recurrent[right * 48 + $1] }
      #expect(abs(product - (left == right ? 1 : 0)) < 1e-5)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 8, 64])
  func rowsDoNotDependOnTheBatch(_ batch: Int) throws {
    let model = try Sequential([
      Input(shape: [28, 28, 1]), Conv2D(8, (3, 3), activation: .relu), MaxPooling2D(), Flatten(), Dense(10),
      Activation(.softmax),
    ])
    let images = digits([64, 28, 28, 1])
    let whole = try model.predict(images)
    let part = try model.predict(images[0..<batch])
    #expect(part == whole[0..<batch])
  }

  @Test(arguments: [1, 2, 3]) func threadsShareTheColumnsOfFewRows(_ threads: Int) throws {
    let layers: [any Layer] = [Input(shape: [1100]), Dense(1031, activation: .tanh)]
    let x = Tensor((0..<20 * 1100).map { Float($0 % 23 - 11) / 64 }, shape: [20, 1100])
    let model = try Model(layers, executionOptions: ExecutionOptions(pool: ThreadPool(threadCount: threads)))
    let plain = try Model(layers, executionOptions: ExecutionOptions(optimization: .none))
    let whole = try model.predict(x)
    #expect(whole.isClose(to: try plain.predict(x)))
    for rows in [1, 7] {
      let few = Tensor(Array(x.floats.prefix(rows * 1100)), shape: [rows, 1100])
      #expect(try model.predict(few).floats == Array(whole.floats.prefix(rows * 1031)))
    }
  }

  @Test func inputsGoByNameToo() throws {
    let (a, b) = (Input(shape: [2], name: "a"), Input(shape: [3], name: "b"))
    let model = try Model(inputs: [a, b], outputs: [Concatenate(name: "joined")([a, b])])
    let outputs = try model.predict(inputs: ["b": [[3, 4, 5]], "a": [[1, 2]]])
    #expect(outputs["joined"]?.floats == [1, 2, 3, 4, 5])
    #expect(throws: ModelError.self) { try model.predict(inputs: ["a": [[1, 2]], "c": [[3, 4, 5]]]) }
  }

  @Test func anEmptyBatchGivesAnEmptyResult() throws {
    let model = try Sequential([Input(shape: [3]), Dense(2)])
    #expect(try model.predict(Tensor(zeros: [0, 3])).shape == [0, 2])
  }

  @Test func errorsNameTheLayerAndWhatCame() throws {
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return "no error"
    }
    #expect(
      message { _ = try Sequential([Input(shape: [128, 64]), Conv2D(3, (3, 3), name: "conv2d_3")]) }
        == "conv2d_3 (Conv2D): expected input of rank 4 (batch, height, width, channels). Received: (None, 128, 64)")
    #expect(
      message {
        let model = try Sequential([Input(shape: [3]), Embedding(10, 4)])
        _ = try model.predict([[1, 2, 10]])
      } == "embedding (Embedding): expected indices from 0 to 9. Received: 10")
    #expect(
      message { _ = try Sequential([Input(shape: [3]), Dense(2)]).predict([[1, 2]]) }
        == "input 'input_layer': expected shape (None, 3). Received: (1, 2)")
    #expect(
      message { _ = try Model(contentsOf: "/nowhere/model.keras") }.hasPrefix("/nowhere/model.keras"))
  }
}
