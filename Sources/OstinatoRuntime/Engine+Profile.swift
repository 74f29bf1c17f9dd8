import OstinatoGraph
import OstinatoTensors

/// What one step of a program costs.
public struct StepProfile: Sendable {
  /// The path of the layer that asked for the step.
  public let layer: String
  /// What the step does: `gemm`, `conv`, `lstm`.
  public let operation: String
  /// On what sizes: `m: 96, n: 4, k: 784 + bias`.
  public let detail: String
  /// The median of its runs.
  public let seconds: Double
  /// Floating-point operations of one run, a multiply-add counted as two.
  public let flops: Int
}

extension Engine {
  /// Runs the program for these inputs step by step, `runs` times, the whole batch as one slice.
  package func profile(_ inputs: [Tensor], runs: Int) throws(ModelError) -> [StepProfile] {
    let prepared = try preparedProgram(for: inputs.map(\.shape))
    let program = prepared.program
    try requireRoom(for: program.outputs, [program], inputs.map(\.shape))
    var outputs = program.outputs.map { Tensor(uninitialized: $0.shape, dataType: $0.dataType) { _ in } }
    let rows =
      inputs.map { Rows(base: UnsafeMutableRawPointer(mutating: $0.baseAddress), byteCount: 0) }
      + outputs.indices.map { Rows(base: outputs[$0].mutableBaseAddress, byteCount: 0) }
    let arena = Arena(program, workers: pool.threadCount)
    var times = [[Double]](repeating: [], count: program.steps.count)
    let (clock, team) = (ContinuousClock(), Team(of: pool))
    try rows.withUnsafeBufferPointer { rows throws(ModelError) in
      let executor = Executor(
        program: program, arena: arena, bindings: Bindings(rows, inputCount: inputs.count))
      for _ in 0..<max(runs, 1) {
        for (index, step) in program.steps.enumerated() {
          let start = clock.now
          if let failure = executor.run(step, by: team) { throw failure }
          times[index].append((clock.now - start) / .seconds(1))
        }
      }
    }
    withExtendedLifetime((inputs, outputs)) {}
    return zip(program.steps, times).map { step, times in
      StepProfile(
        layer: step.layer.path, operation: step.operation.name,
        detail: step.operation.detail(inputs: step.inputTypes, outputs: step.outputTypes),
        seconds: times.sorted()[times.count / 2], flops: step.flops)
    }
  }
}
