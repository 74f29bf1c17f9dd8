import Foundation
import Ostinato
import Testing

/// Weights one by one. `Tools/fixtures/weight_paths.py` writes where Keras has them.
@Suite struct WeightPathTests {
  private static let fixtures = Fixture.all.filter {
    FileManager.default.fileExists(atPath: $0.folder.appending(path: "weights.json").path)
  }

  @Test(arguments: fixtures)
  func pathsOfKerasLeadToKerasWeights(_ fixture: Fixture) throws {
    let file = fixture.folder.appending(path: "weights.json")
    let sums = try JSONDecoder().decode([String: Double].self, from: Data(contentsOf: file))
    var model = try fixture.model()
    #expect(try Set(model.weightPaths).count == model.weightPaths.count)
    #expect(sums.count == (try model.weightPaths.count))
    for (path, sum) in sums {
      let weight = try model.weight(at: path)
      #expect(abs(weight.floats.reduce(0) { $0 + Double($1) } - sum) < 1e-4, "\(path)")
    }
    for path in try model.weightPaths {
      let doubled = try model.weight(at: path).map { 2 * $0 }
      try model.setWeight(doubled, at: path)
      #expect(try model.weight(at: path) == doubled)
    }
    for (path, sum) in sums {
      #expect(abs(try model.weight(at: path).floats.reduce(0) { $0 + Double($1) } - 2 * sum) < 2e-4, "\(path)")
    }
  }

  private static func model() throws -> Model {
    let encoder = try Sequential([Input(shape: [4]), Dense(3), Dense(3)], name: "encoder")
    return try Sequential([Input(shape: [2, 4]), TimeDistributed(encoder), GRU(5), Dense(2)], name: "tagger")
  }

  @Test func aWeightHasAPath() throws {
    var model = try Self.model()
    #expect(
      try model.weightPaths == [
        "time_distributed/layer/dense/kernel", "time_distributed/layer/dense/bias",
        "time_distributed/layer/dense_1/kernel", "time_distributed/layer/dense_1/bias", "gru/cell/kernel",
        "gru/cell/recurrent_kernel", "gru/cell/bias", "dense/kernel", "dense/bias",
      ])
    for path in ["dense/kernel", "tagger/dense/kernel"] { #expect(try model.weight(at: path).shape == [5, 2]) }
    for path in ["time_distributed/encoder/dense/kernel", "encoder/dense/kernel", "layer/dense/kernel"] {
      #expect(try model.weight(at: path).shape == [4, 3])
    }
    for path in ["gru/gru_cell/bias", "gru/bias", "gru_cell/bias"] {
      #expect(try model.weight(at: path).shape == [2, 15])
    }
    let before = try model.predict(Tensor(zeros: [1, 2, 4]))
    try model.setWeight([7, 8], at: "dense/bias")
    #expect(try model.predict(Tensor(zeros: [1, 2, 4])) == before.adding([7, 8]))
  }

  @Test func errorsNameWhatThereIs() throws {
    var model = try Self.model()
    #expect(
      try errorMessage { _ = try model.weight(at: "dense/kernal") }
        == "tagger: expected a name such as 'dense/kernel'. Received: 'dense/kernal'")
    #expect(
      try errorMessage { _ = try model.weight(at: "bias") }
        == "tagger: expected a path that leads to one weight. Received: 'bias', which leads to "
        + "'time_distributed/layer/dense/bias', 'time_distributed/layer/dense_1/bias', 'gru/cell/bias'")
    #expect(
      try errorMessage { try model.setWeight([1, 2, 3], at: "dense/bias") }
        == "dense/bias: expected numbers of shape (2,). Received: (3,) int32")
    #expect(
      try errorMessage { _ = try Sequential([Dense(3)]).weight(at: "dense/bias") }
        == "sequential: expected a model with weights; it does not begin with Input(shape:)")
  }
}

extension Tensor {
  fileprivate func adding(_ other: [Float]) -> Tensor {
    Tensor(zip(floats, other).map { $0 + $1 }, shape: shape)
  }
}
