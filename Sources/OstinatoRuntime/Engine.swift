import OstinatoGraph
import OstinatoTensors
import Synchronization

/// Runs a model: compiles a program for each set of shapes it meets, cuts large batches into slices, and gives the
/// slices to the pool.
///
/// No operation mixes rows of the batch unless its program says so, hence a slice goes through the whole program on one
/// thread, its values in the cache of that thread. A batch of fewer rows than threads shares each step instead.
package final class Engine: Sendable {
  /// Makes the program for inputs of the given shapes, the batch first in each.
  package typealias Compile = @Sendable (_ shapes: [Shape]) throws(ModelError) -> Program

  private let compile: Compile
  let pool: ThreadPool
  private let cache = ProgramCache(capacity: 64)

  /// Bytes of values that a slice may have: what a core's second-level cache holds.
  private static let sliceBytes = 1 << 20

  package init(pool: ThreadPool, compile: @escaping Compile) {
    self.pool = pool
    self.compile = compile
  }

  /// The program for inputs of these shapes.
  package func program(for shapes: [Shape]) throws(ModelError) -> Program {
    try preparedProgram(for: shapes).program
  }

  /// Compiles every program that ``run(_:sliceRows:)`` needs for inputs of these shapes.
  package func prepare(_ shapes: [Shape], sliceRows: Int? = nil) throws(ModelError) {
    _ = try plan(shapes, shapes.first?.first ?? 0, sliceRows)
  }

  /// Runs the model on inputs of one batch size, which are what the model declares.
  /// - Parameter sliceRows: how many rows go through the program at once; nil to choose.
  package func run(_ inputs: [Tensor], sliceRows: Int? = nil) throws(ModelError) -> [Tensor] {
    let batch = inputs.first?.shape.first ?? 0
    let plan = try plan(inputs.map(\.shape), batch, sliceRows)
    var outputs = plan.outputs.map { Tensor(uninitialized: $0.shape, dataType: $0.dataType) { _ in } }
    guard batch > 0 else { return outputs }
    let targets = outputs.indices.map { index in
      Rows(base: outputs[index].mutableBaseAddress, type: plan.outputs[index])
    }
    let sources = inputs.map { tensor in
      Rows(
        base: UnsafeMutableRawPointer(mutating: tensor.baseAddress), type: ValueType(tensor.shape, tensor.dataType))
    }
    try run(plan, sources, targets)
    withExtendedLifetime(inputs) {}
    for (slot, table) in plan.stringTables { outputs[slot] = Tensor(numbers: outputs[slot], stringTable: table) }
    return outputs
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
  /// The rows of an input or output tensor.
  private struct Rows: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let type: ValueType

    func start(ofRow row: Int) -> UnsafeMutableRawPointer {
      base + row * (type.byteCount / max(type.shape.first ?? 1, 1))
    }
  }

  fileprivate struct Plan {
    let outputs: [ValueType]
    let stringTables: [Int: [String]]
    /// Consecutive rows that go through a program together.
    let slices: [Range<Int>]
    /// One program for each slice.
    let programs: [PreparedProgram]
  }

  private func plan(_ shapes: [Shape], _ batch: Int, _ sliceRows: Int?) throws(ModelError) -> Plan {
    let single: PreparedProgram
    do throws(ModelError) {
      single = try preparedProgram(for: shapes.map { $0.withBatch(1) })
    } catch {
      // A model that was written for one batch alone may not take a single row.
      guard let whole = try? preparedProgram(for: shapes), whole.program.mixesBatch else { throw error }
      return Plan(whole, batch)
    }
    guard !single.program.mixesBatch else { return Plan(batch == 1 ? single : try preparedProgram(for: shapes), batch) }
    let rows = sliceRows ?? self.sliceRows(single.program, batch)
    let slices = Array((0..<batch).chunks(of: max(rows, 1)))
    var programs: [PreparedProgram] = []
    for slice in slices { programs.append(try preparedProgram(for: shapes.map { $0.withBatch(slice.count) })) }
    return Plan(
      outputs: single.program.outputs.map { ValueType($0.shape.withBatch(batch), $0.dataType) },
      stringTables: single.program.stringTables, slices: slices, programs: programs)
  }

  /// Rows whose values fit the cache, in slices that keep all threads busy alike.
  private func sliceRows(_ single: Program, _ batch: Int) -> Int {
    let rowBytes = single.arenaBytes + (single.inputs + single.outputs).reduce(0) { $0 + $1.byteCount }
    let fitting = max(1, Self.sliceBytes / max(rowBytes, 1))
    let rounds = (batch + fitting * pool.threadCount - 1) / (fitting * pool.threadCount)
    let slices = min(batch, rounds * pool.threadCount)
    return (batch + max(slices, 1) - 1) / max(slices, 1)
  }

  private func run(_ plan: Plan, _ sources: [Rows], _ targets: [Rows]) throws(ModelError) {
    let sharesSteps = plan.slices.count < pool.threadCount
    let failure = Mutex<ModelError?>(nil)
    @Sendable func runSlice(_ index: Int) {
      guard failure.withLock({ $0 == nil }) else { return }
      let (slice, prepared) = (plan.slices[index], plan.programs[index])
      let result = prepared.withArena { arena in
        Result { () throws(ModelError) in
          try Executor(
            program: prepared.program, arena: arena,
            inputs: sources.map { UnsafeRawPointer($0.start(ofRow: slice.lowerBound)) },
            outputs: targets.map { $0.start(ofRow: slice.lowerBound) }
          ).run(on: sharesSteps ? pool : nil)
        }
      }
      if case .failure(let error) = result { failure.withLock { $0 = $0 ?? error } }
    }
    if sharesSteps {
      for index in plan.slices.indices { runSlice(index) }
    } else {
      pool.run(count: plan.slices.count, runSlice)
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}

extension Engine.Plan {
  /// All rows through one program.
  fileprivate init(_ whole: PreparedProgram, _ batch: Int) {
    self.init(
      outputs: whole.program.outputs, stringTables: whole.program.stringTables, slices: [0..<batch], programs: [whole])
  }
}
