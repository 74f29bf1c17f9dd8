import Foundation
import Ostinato
import OstinatoTensors
import Testing

/// One model, many callers.
@Suite struct ConcurrencyTests {
  /// A model that takes any length, through matrix products, a convolution and a recurrent layer.
  private func model(threads: Int, _ optimization: ExecutionOptions.Optimization = .full) throws -> Model {
    try Model(
      [
        Input(shape: [nil, 6]), Conv1D(16, 3, padding: .same, activation: .relu), TimeDistributed(Dense(12)),
        GRU(8, returnSequences: true), GlobalAveragePooling1D(), Dense(5, activation: .softmax),
      ],
      executionOptions: ExecutionOptions(pool: ThreadPool(threadCount: threads), optimization: optimization))
  }

  private func input(batch: Int, length: Int) -> Tensor {
    var generator = SeededGenerator(seed: UInt64(batch * 1000 + length))
    return Tensor(
      (0..<batch * length * 6).map { _ in Float.random(in: -1...1, using: &generator) }, shape: [batch, length, 6])
  }

  @Test(arguments: [1, 3])
  func sixtyFourTasksGetWhatEachWouldGetAlone(threads: Int) async throws {
    let inputs = (0..<64).map { input(batch: 1 + $0 * 7 % 23, length: 2 + $0 % 9) }
    let alone = try model(threads: 1)
    let expected = try inputs.map { try alone.predict($0) }
    let shared = try model(threads: threads)
    try await withThrowingTaskGroup(of: (Int, Tensor).self) { group in
      for (index, input) in inputs.enumerated() {
        group.addTask { (index, try shared.predict(input, batchSize: index % 3 == 0 ? 2 : nil)) }
      }
      for try await (index, output) in group { #expect(output == expected[index], "call \(index)") }
    }
  }

  /// Large recurrent kernels, whose units all threads take through the sequence together.
  @Test(arguments: ["rnn/many_units_bidirectional_lstm", "rnn/many_units_gru"])
  func callersAtOnceShareTheUnitsOfRecurrences(name: String) async throws {
    let fixture = try #require(Fixture.all.first { $0.name == name })
    let inputs = try fixture.inputs()
    let expected = try fixture.model(
      executionOptions: ExecutionOptions(pool: ThreadPool(threadCount: 1))
    ).predict(inputs: inputs)
    let shared = try fixture.model(executionOptions: ExecutionOptions(pool: ThreadPool(threadCount: 3)))
    try await withThrowingTaskGroup(of: [Tensor].self) { group in
      for index in 0..<8 {
        group.addTask { try shared.predict(inputs: inputs, batchSize: index % 2 == 0 ? 1 : nil) }
      }
      for try await outputs in group { #expect(outputs == expected) }
    }
  }

  @Test func modelsComeAndGoAmongCallers() async throws {
    let input = input(batch: 5, length: 7)
    let expected = try model(threads: 1).predict(input)
    try await withThrowingTaskGroup(of: Tensor.self) { group in
      for _ in 0..<16 { group.addTask { try model(threads: 2).predict(input) } }
      for try await output in group { #expect(output == expected) }
    }
  }

  @Test func progressEndsAtTheWholeBatch() throws {
    let reports = ForkSafeMutex([Int]())
    _ = try model(threads: 2).predict(inputs: [input(batch: 50, length: 4)], batchSize: 8) { rows in
      reports.withLock { $0.append(rows) }
    }
    let counts = reports.withLock { $0 }
    #expect(counts.count == 7)
    #expect(counts.max() == 50)
  }
}

/// What a prediction does when the task that waits for it is cancelled.
@Suite struct CancellationTests {
  private func model(threads: Int) throws -> Model {
    try Model(
      [Input(shape: [64]), Dense(64), Dense(64), Dense(64)],
      executionOptions: ExecutionOptions(pool: ThreadPool(threadCount: threads)))
  }

  @Test(arguments: [1, 2])
  func aCancelledTaskComputesNothing(threads: Int) async throws {
    let model = try model(threads: threads)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try model.predict(Tensor(zeros: [100, 64]))
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test(arguments: [1, 2])
  func cancellingStopsBetweenSlices(threads: Int) async throws {
    let model = try model(threads: threads)
    let most = ForkSafeMutex(0)
    let task = Task {
      try withUnsafeCurrentTask { task in
        nonisolated(unsafe) let task = task
        return try model.predict(inputs: [Tensor(zeros: [1000, 64])], batchSize: 1) { rows in
          most.withLock { $0 = max($0, rows) }
          if rows >= 10 { task?.cancel() }
        }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(most.withLock { $0 } < 1000)
  }

  @Test func theModelGoesOnAfterwards() async throws {
    let model = try model(threads: 2)
    let input = Tensor(zeros: [3, 64])
    let expected = try model.predict(input)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try model.predict(input)
    }
    _ = await task.result
    #expect(try model.predict(input) == expected)
  }
}
