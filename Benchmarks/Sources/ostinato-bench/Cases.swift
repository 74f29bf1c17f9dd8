import Foundation
import Ostinato

/// A model and the batches it is measured at.
struct Case: Sendable {
  let name: String
  let batches: [Int]
  let make: @Sendable (ExecutionOptions) throws -> Model

  /// The models of the seeds, and the digit classifier of the examples.
  static let all: [Case] = [
    Case(name: "TimeDistributed(Dense(4)) on (3, 784)", batches: [1, 32, 1024]) {
      try Sequential([Input(shape: [3, 784]), TimeDistributed(Dense(4))], executionOptions: $0)
    },
    Case(name: "TimeDistributed(Conv2D(3, 3×3)) on (3, 28, 28, 1)", batches: [1, 32, 1024]) {
      try Sequential([Input(shape: [3, 28, 28, 1]), TimeDistributed(Conv2D(3, (3, 3)))], executionOptions: $0)
    },
    Case(name: "GRU(16) → TimeDistributed(Dense(15)) → softmax on (64, 15)", batches: [1, 32, 1024]) {
      try Sequential(
        [
          Input(shape: [64, 15]), GRU(16, returnSequences: true), TimeDistributed(Dense(15)), Activation(.softmax),
        ], executionOptions: $0)
    },
    Case(name: "digit classifier on (28, 28, 1)", batches: [1, 32, 1024]) {
      try Model(contentsOf: digits, executionOptions: $0)
    },
  ]

  private static var digits: String {
    var folder = URL(filePath: #filePath)
    for _ in 0..<4 { folder.deleteLastPathComponent() }
    return folder.appending(path: "Examples/Data/digits.keras").path
  }

  /// Random inputs, the same every time.
  static func inputs(of model: Model, batch: Int) throws -> [Tensor] {
    var generator = SeededGenerator(seed: 0)
    return try model.inputs.map { input in
      let shape = try Shape(validating: [batch] + input.shape.dimensions.dropFirst().map { $0 ?? 1 })
      return Tensor((0..<shape.elementCount).map { _ in generator.uniform(0, 1) }, shape: shape)
    }
  }
}
