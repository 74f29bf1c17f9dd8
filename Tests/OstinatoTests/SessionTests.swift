import Ostinato
import Testing

/// A stateful model that gets a sequence in pieces answers as one that gets it whole.
@Suite struct SessionTests {
  private static let layers: [any Layer] = [
    SimpleRNN(4, returnSequences: true, stateful: true),
    GRU(4, returnSequences: true, stateful: true),
    LSTM(4, returnSequences: true, stateful: true),
    RNN([LSTMCell(3), GRUCell(4)], returnSequences: true, stateful: true),
    TimeDistributed(GRU(4, stateful: true)),
  ]

  private static func sequence(batch: Int, time: Int, _ rest: [Int]) -> Tensor {
    let shape = Shape([batch, time] + rest)
    return Tensor((0..<shape.elementCount).map { Float(($0 * 37) % 101) / 50 - 1 }, shape: shape)
  }

  @Test(arguments: layers.indices)
  func piecesAnswerAsTheWhole(_ index: Int) throws {
    let rest = Self.layers[index] is TimeDistributed ? [2, 5] : [5]
    let model = try Sequential([Input(shape: [nil] + rest), Self.layers[index]])
    let (first, second) = (Self.sequence(batch: 3, time: 4, rest), Self.sequence(batch: 3, time: 2, rest))
    let whole = try model.predict(Self.joined(first, second))
    let session = try model.makeSession(batchSize: 3)
    let pieces = Self.joined(try session.predict(first), try session.predict(second))
    #expect(pieces.difference(from: whole, relative: 1e-5, absolute: 1e-6) == nil)
    session.resetStates()
    #expect(try session.predict(first) == model.predict(first))
  }

  /// The steps of `a`, then those of `b`.
  private static func joined(_ a: Tensor, _ b: Tensor) -> Tensor {
    let rows = a.shape[0]
    var values: [Float] = []
    for row in 0..<rows {
      for piece in [a, b] {
        let size = piece.shape.elementCount / rows
        values += piece.floats[row * size..<(row + 1) * size]
      }
    }
    return Tensor(values, shape: Shape([rows, a.shape[1] + b.shape[1]] + a.shape.dropFirst(2)))
  }

  @Test func statesAreInputsAndOutputsOfASession() throws {
    let model = try Sequential([Input(shape: [nil, 5]), Bidirectional(LSTM(4, stateful: true))])
    let x = Self.sequence(batch: 2, time: 3, [5])
    let session = try model.makeSession(batchSize: 2)
    let first = try session.predict(x)
    #expect(first == (try model.predict(x)))
    #expect(try session.predict(x) != first)
  }

  @Test func aSessionHasOneBatchSize() throws {
    let model = try Sequential([Input(shape: [nil, 5]), GRU(4, stateful: true)])
    let session = try model.makeSession(batchSize: 2)
    let error = #expect(throws: ModelError.self) { try session.predict(Self.sequence(batch: 3, time: 1, [5])) }
    #expect(error?.message == "expected 2 rows as the session has. Received: (3, 1, 5)")
    #expect(throws: ModelError.self) { try model.makeSession(batchSize: 0) }
  }

  @Test func aDeclaredBatchSizeHolds() throws {
    let model = try Sequential([InputLayer(batchShape: [3, nil, 5]), GRU(4, stateful: true)])
    #expect(throws: ModelError.self) { try model.makeSession(batchSize: 2) }
    #expect(try model.makeSession(batchSize: 3).batchSize == 3)
  }
}
