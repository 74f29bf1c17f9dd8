import OstinatoGraph
import OstinatoTensors

/// Runs a model: compiles a program for each set of shapes it meets, cuts large batches into slices, and gives the
/// slices to the pool.
///
/// No operation mixes rows of the batch unless its program says so, hence a slice goes through the whole program on one
/// thread, its values in the cache of that thread. A thread that finds no slice left helps with the steps of the others, and
/// a batch of fewer slices than threads goes through the program with all steps shared.
package final class Engine: Sendable {
  /// Makes the program for inputs of the given shapes, the batch first in each.
  package typealias Compile = @Sendable (_ shapes: [Shape]) throws(ModelError) -> Program

  private let compile: Compile
  let pool: ThreadPool
  private let maximumBytes: Int
  private let cache = ProgramCache(capacity: 64)
  private let plans = PlanCache(capacity: 64)

  /// - Parameter maximumBytes: the most bytes that a run may take for intermediate values and outputs.
  package init(pool: ThreadPool, maximumBytes: Int = .max, compile: @escaping Compile) {
    self.pool = pool
    self.maximumBytes = maximumBytes
    self.compile = compile
  }

  /// The program for inputs of these shapes.
  package func program(for shapes: [Shape]) throws(ModelError) -> Program {
    try preparedProgram(for: shapes).program
  }

  /// Compiles every program that ``run(_:sliceRows:)`` needs for inputs of these shapes.
  package func prepare(_ shapes: [Shape], sliceRows: Int? = nil) throws(ModelError) {
    _ = plans.insert(try makePlan(shapes, sliceRows))
  }

  /// Runs the model on inputs of one batch size, which are what the model declares.
  /// - Parameters:
  ///   - sliceRows: how many rows go through the program at once; nil to choose.
  ///   - progress: told after each slice how many rows are done, on the thread that did it.
  /// - Throws: `ModelError`; `CancellationError` when the task that calls is cancelled meanwhile.
  package func run(
    _ inputs: [Tensor], sliceRows: Int? = nil, progress: (@Sendable (_ rows: Int) -> Void)? = nil
  ) throws -> [Tensor] {
    try inputs.withUnsafeBufferPointer { inputs in
      let plan = try plan(for: inputs, sliceRows)
      var outputs = plan.outputs.map { Tensor(uninitialized: $0.shape, dataType: $0.dataType) { _ in } }
      try outputs.withUnsafeMutableBufferPointer { outputs in try run(plan, inputs, outputs, progress) }
      for (slot, table) in plan.stringTables { outputs[slot] = Tensor(numbers: outputs[slot], stringTable: table) }
      return outputs
    }
  }

  /// Runs the model as ``run(_:sliceRows:progress:)`` does and writes into `outputs`.
  /// - Throws: `ModelError.Code.invalidInput` when `outputs` are not of the shapes and types that the model gives.
  package func run(
    _ inputs: UnsafeBufferPointer<Tensor>, into outputs: UnsafeMutableBufferPointer<Tensor>, sliceRows: Int? = nil
  ) throws {
    let plan = try plan(for: inputs, sliceRows)
    try plan.check(outputs)
    try run(plan, inputs, outputs, nil)
  }

  /// The program for inputs of these shapes, with its arenas.
  func preparedProgram(for shapes: [Shape]) throws(ModelError) -> PreparedProgram {
    try cache.program(for: shapes) { () throws(ModelError) in
      PreparedProgram(try compile(shapes), workers: pool.threadCount)
    }
  }
}

// MARK: - Slices

extension Engine {
  private func plan(for inputs: UnsafeBufferPointer<Tensor>, _ sliceRows: Int?) throws(ModelError) -> RunPlan {
    if let plan = plans.find(inputs, sliceRows) { return plan }
    return plans.insert(try makePlan(inputs.map(\.shape), sliceRows))
  }

  private func makePlan(_ shapes: [Shape], _ sliceRows: Int?) throws(ModelError) -> RunPlan {
    let batch = shapes.first?.first ?? 0
    // An output that has no axis for the batch, or another extent there, has no rows to put together.
    guard let single = try rowProgram(for: shapes), !single.program.mixesBatch,
      single.program.outputs.allSatisfy({ $0.shape.first == 1 })
    else { return try makeWholePlan(shapes, sliceRows) }
    let outputs = try single.program.outputs.map { output throws(ModelError) in
      ValueType(try Shape(validating: [batch] + output.shape.dropFirst()), output.dataType)
    }
    // Before there are slices: a batch may be said to have more rows than there could be slices.
    try requireRoom(for: outputs, [single.program], shapes)
    var slices: [(Range<Int>, PreparedProgram)] = []
    for rows in (0..<batch).chunks(of: max(sliceRows ?? self.sliceRows(single.program, batch), 1)) {
      slices.append((rows, try preparedProgram(for: shapes.map { $0.withBatch(rows.count) })))
    }
    try requireRoom(for: outputs, slices.map(\.1.program), shapes)
    return RunPlan(shapes: shapes, sliceRows: sliceRows, program: single.program, outputs: outputs, slices: slices)
  }

  /// All rows through one program.
  private func makeWholePlan(_ shapes: [Shape], _ sliceRows: Int?) throws(ModelError) -> RunPlan {
    let (batch, whole) = (shapes.first?.first ?? 0, try preparedProgram(for: shapes))
    try requireRoom(for: whole.program.outputs, [whole.program], shapes)
    return RunPlan(
      shapes: shapes, sliceRows: sliceRows, program: whole.program, outputs: whole.program.outputs,
      slices: batch == 0 ? [] : [(0..<batch, whole)])
  }

  /// The program for a single row; nil for a model that was written for one batch alone and may not take one.
  private func rowProgram(for shapes: [Shape]) throws(ModelError) -> PreparedProgram? {
    do throws(ModelError) {
      return try preparedProgram(for: shapes.map { $0.withBatch(1) })
    } catch {
      guard let whole = try? preparedProgram(for: shapes), whole.program.mixesBatch else { throw error }
      return nil
    }
  }

  /// - Throws: when the run takes more memory than it may: for its outputs, and an arena on each thread that has a slice.
  func requireRoom(
    for outputs: [ValueType], _ slices: [Program], _ shapes: [Shape]
  ) throws(ModelError) {
    let arenaBytes = slices.reduce(0.0) { largest, program in
      max(largest, Double(program.arenaBytes) + Double(program.scratchBytes) * Double(pool.threadCount))
    }
    let bytes =
      outputs.reduce(0.0) { $0 + Double($1.byteCount) }
      + arenaBytes * Double(min(slices.count, pool.threadCount))
    guard bytes <= Double(maximumBytes) else {
      let inputs = shapes.map(\.description).joined(separator: ", ")
      throw ModelError(
        .invalidInput, "",
        "expected a run that takes at most \(maximumBytes) bytes. Received: inputs of shapes \(inputs), with which it "
          + "takes \(Int(min(bytes, 9e18)))")
    }
  }

  /// Rows whose values fit the cache, or that make the most of the weights, in slices that keep all threads busy alike.
  private func sliceRows(_ single: Program, _ batch: Int) -> Int {
    guard single.work * Double(batch) >= Portions.workWorthSharing else { return batch }
    // Slices of far fewer rows than wanted would each read all weights: the threads share the reading, step by step.
    if 4 * batch < single.rowsWanted * pool.threadCount { return batch }
    let rowBytes = single.arenaBytes + (single.inputs + single.outputs).reduce(0) { $0 + $1.byteCount }
    let fitting = max(single.rowsWanted, CoreCache.bytes / max(rowBytes, 1))
    let rounds = (batch + fitting * pool.threadCount - 1) / (fitting * pool.threadCount)
    let slices = min(batch, rounds * pool.threadCount)
    return (batch + max(slices, 1) - 1) / max(slices, 1)
  }

  private func run(
    _ plan: RunPlan, _ inputs: UnsafeBufferPointer<Tensor>, _ outputs: UnsafeMutableBufferPointer<Tensor>,
    _ progress: (@Sendable (_ rows: Int) -> Void)?
  ) throws {
    let failure = withUnsafeTemporaryAllocation(of: Rows.self, capacity: inputs.count + outputs.count) { rows in
      for index in inputs.indices {
        rows.initializeElement(
          at: index,
          to: Rows(
            base: UnsafeMutableRawPointer(mutating: inputs[index].baseAddress), byteCount: plan.inputRowBytes[index]))
      }
      for index in outputs.indices {
        rows.initializeElement(
          at: inputs.count + index,
          to: Rows(base: outputs[index].mutableBaseAddress, byteCount: plan.outputRowBytes[index]))
      }
      return runSlices(plan, Bindings(UnsafeBufferPointer(rows), inputCount: inputs.count), progress)
    }
    if let failure { throw failure }
  }

  /// Slices one after another, all threads at each step, where there are fewer than threads; else each slice on a thread
  /// of its own, which others help with its steps when no slice is left for them.
  private func runSlices(
    _ plan: RunPlan, _ bindings: Bindings, _ progress: (@Sendable (_ rows: Int) -> Void)?
  ) -> (any Error)? {
    let (team, slices) = (pool.team(for: plan.work), plan.slices)
    defer { pool.endCall(of: plan.work) }
    guard slices.count >= team.threadCount, slices.count > 1 else {
      for (index, slice) in slices.enumerated() {
        let failure = plan.run(index, bindings, by: { _ in team }, isStopped: { Task.isCancelled })
        if let failure { return failure }
        progress?(slice.upperBound)
      }
      return nil
    }
    let call = EngineCall(progress: progress)
    if call.isStopped() { return call.failure }
    team.run(count: slices.count) { index, _ in
      // A long step may still be running when a thread has done its last slice.
      let helpers = { (work: Double) in
        work >= Portions.workWorthCutting || slices.count - call.finishedSlices < team.threadCount ? team : nil
      }
      if let failure = plan.run(index, bindings, by: helpers, isStopped: call.isStopped) {
        call.stop(failure)
      } else {
        call.finish(rows: slices[index].count)
      }
    }
    return call.failure
  }
}

extension RunPlan {
  /// Runs one slice, each step shared by the threads of `team` if there is one then.
  fileprivate func run(
    _ index: Int, _ bindings: Bindings, by team: (_ work: Double) -> Team?, isStopped: () -> Bool
  ) -> (any Error)? {
    let prepared = programs[index]
    return prepared.withArena { arena in
      Executor(
        program: prepared.program, arena: arena, bindings: bindings.starting(atRow: slices[index].lowerBound)
      ).run(by: team, isStopped: isStopped)
    }
  }
}
