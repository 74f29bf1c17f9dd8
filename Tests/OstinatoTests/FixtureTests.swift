import Ostinato
import Testing

/// Every fixture, unoptimised and optimised, by OpenBLAS and by our own kernels, on one thread and on several.
@Suite struct FixtureTests {
  private static let alone = ThreadPool(threadCount: 1)
  private static let several = ThreadPool(threadCount: 3)

  @Test(arguments: Fixture.all)
  func agreesWithKeras(_ fixture: Fixture) throws {
    for optimization in ExecutionOptions.Optimization.allCases {
      for pool in [Self.alone, Self.several] {
        let options = ExecutionOptions(pool: pool, optimization: optimization)
        let model = try fixture.model(executionOptions: options)
        let outputs = try model.predict(inputs: try fixture.inputs())
        try expectAgreement(outputs, fixture, "\(optimization), threads: \(pool.threadCount)")
      }
    }
  }

  /// One machine and one build give one answer, bit by bit, whatever the slice a row falls into and the number of threads.
  @Test(arguments: Fixture.all)
  func givesTheSameAnswerEveryTime(_ fixture: Fixture) throws {
    let inputs = try fixture.inputs()
    var reference: [Tensor]?
    for pool in [Self.alone, Self.several] {
      let model = try fixture.model(executionOptions: ExecutionOptions(pool: pool))
      for batchSize in [nil, 1, 2] {
        let outputs = try model.predict(inputs: inputs, batchSize: batchSize)
        if let reference {
          #expect(outputs == reference, "threads: \(pool.threadCount), batch size: \(batchSize ?? 0)")
        } else {
          reference = outputs
        }
      }
    }
  }

  private func expectAgreement(_ outputs: [Tensor], _ fixture: Fixture, _ how: String) throws {
    let (expected, tolerance) = (try fixture.outputs(), try fixture.tolerance())
    try #require(outputs.count == expected.count)
    for (index, (output, golden)) in zip(outputs, expected).enumerated() {
      try #require(output.shape == golden.shape, "output \(index), \(how)")
      guard golden.dataType != .string else {
        #expect(output == golden, "output \(index), \(how)")
        continue
      }
      let difference = output.difference(from: golden, relative: tolerance.rtol, absolute: tolerance.atol)
      #expect(difference == nil, "output \(index), \(how)")
    }
  }
}
