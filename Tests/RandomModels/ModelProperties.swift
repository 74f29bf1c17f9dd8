import Foundation
import Ostinato

/// What is true of every model, whatever its layers.
public struct ModelProperties {
  private static let alone = ThreadPool(threadCount: 1)
  private static let several = ThreadPool(threadCount: 3)
  private static let rowCount = 5

  private let drawn: RandomModel
  private let rows: Tensor
  private let model: Model
  private let output: Tensor

  public init(_ drawn: RandomModel) throws {
    self.drawn = drawn
    rows = drawn.rows(Self.rowCount)
    model = try drawn.model(ExecutionOptions(pool: Self.alone))
    output = try model.predict(rows)
  }

  /// What does not hold; empty where all is well.
  public func violations() throws -> [String] {
    [
      ("no element is NaN", output.floats.allSatisfy { !$0.isNaN }),
      ("a saved model predicts the same", try savedModelAgrees()),
      ("a row's result does not depend on its slice", try slicesAgree()),
      ("a row's result does not depend on the batch", try batchesAgree()),
      ("a row's result does not depend on the number of threads", try threadsAgree()),
      ("optimised equals unoptimised", try agrees(.none)),
      ("our kernels equal OpenBLAS", try agrees(.openBLAS)),
    ].filter { !$0.1 }.map { "\($0.0), \(drawn)" }
  }

  private func savedModelAgrees() throws -> Bool {
    let path = FileManager.default.temporaryDirectory.appending(path: "random-\(UUID().uuidString).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(to: path)
    return try Model(contentsOf: path, executionOptions: model.executionOptions).predict(rows) == output
  }

  private func slicesAgree() throws -> Bool {
    try (1...Self.rowCount).allSatisfy { try model.predict(rows, batchSize: $0) == output }
  }

  private func batchesAgree() throws -> Bool {
    for count in 1..<Self.rowCount {
      let parts = [try model.predict(rows[0..<count]), try model.predict(rows[count..<Self.rowCount])]
      if Tensor.concatenated(parts) != output { return false }
    }
    return true
  }

  private func threadsAgree() throws -> Bool {
    let model = try drawn.model(ExecutionOptions(pool: Self.several))
    return try [nil, 1].allSatisfy { try model.predict(rows, batchSize: $0) == output }
  }

  /// Whether another way to compute gives the same but for rounding, which grows with the largest element.
  private func agrees(_ optimization: ExecutionOptions.Optimization) throws -> Bool {
    let other = try drawn.model(ExecutionOptions(pool: Self.alone, optimization: optimization)).predict(rows)
    let largest = output.floats.reduce(0) { max($0, abs($1)) }
    return other.shape == output.shape && other.isClose(to: output, relative: 1e-4, absolute: 1e-5 * (1 + largest))
  }
}
