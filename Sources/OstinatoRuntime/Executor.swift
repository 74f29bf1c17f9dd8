import OstinatoGraph
import OstinatoTensors
import Synchronization

/// Runs one program over one set of rows.
struct Executor {
  let program: Program
  let arena: Arena
  /// Where the rows of each input start.
  let inputs: [UnsafeRawPointer]
  /// Where the rows of each output go.
  let outputs: [UnsafeMutableRawPointer]

  /// Runs all steps in order, each cut among the threads of `pool`, or whole where there is none; none after `call`
  /// has stopped.
  /// - Throws: what a step finds wrong with the values of its inputs.
  func run(on pool: ThreadPool?, in call: EngineCall) throws(ModelError) {
    for step in program.steps where !call.isStopped() { try run(step, on: pool) }
  }

  /// Runs one step.
  func run(_ step: Program.Step, on pool: ThreadPool?) throws(ModelError) {
    let places = step.inputs + step.outputs
    let failure: String? = withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: places.count) {
      addresses in
      for (index, place) in places.enumerated() { addresses.initializeElement(at: index, to: address(place)) }
      guard let base = addresses.baseAddress else { return nil }
      return run(step, UnsafePointer(base), on: pool)
    }
    if let failure { throw ModelError(.invalidInput, step.layer.subject, failure) }
  }

  private func run(
    _ step: Program.Step, _ addresses: UnsafePointer<UnsafeMutableRawPointer>, on pool: ThreadPool?
  ) -> String? {
    let kernel = step.kernel
    func operands(_ worker: Int) -> Operands {
      Operands(pointers: addresses, inputCount: step.inputs.count, scratch: arena.scratch(worker))
    }
    if let failure = kernel.check?(operands(0)) { return failure }
    guard let pool, step.flops >= Self.flopsWorthSharing, kernel.units > 1 else {
      kernel.run(operands(0), 0..<kernel.units)
      return nil
    }
    let parts = Parts(of: kernel.units, count: min(pool.threadCount * Self.partsPerThread, kernel.units))
    let shares = (0..<min(pool.threadCount, parts.count)).map { operands($0) }
    pool.run(count: shares.count) { worker in
      while let part = parts.next() { kernel.run(shares[worker], part) }
    }
    return nil
  }

  /// Below this, waking a thread costs more than it brings.
  private static let flopsWorthSharing = 8_000_000
  /// So many that a thread which wakes late leaves little to wait for.
  private static let partsPerThread = 2

  private func address(_ place: Location) -> UnsafeMutableRawPointer {
    switch place {
    case .input(let index): UnsafeMutableRawPointer(mutating: inputs[index])
    case .output(let index): outputs[index]
    case .constant(let index): UnsafeMutableRawPointer(mutating: program.constants[index].baseAddress)
    case .arena(let offset): arena.values + offset
    }
  }
}

/// The units of a step in parts, which threads take one after another.
private final class Parts: Sendable {
  let count: Int
  private let units: Int
  private let taken = Atomic<Int>(0)

  init(of units: Int, count: Int) {
    self.units = units
    self.count = count
  }

  func next() -> Range<Int>? {
    let part = taken.wrappingAdd(1, ordering: .relaxed).oldValue
    guard part < count else { return nil }
    return units * part / count..<units * (part + 1) / count
  }
}
