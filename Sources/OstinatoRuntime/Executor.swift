import OstinatoGraph
import OstinatoTensors

/// Runs one program over one set of rows.
struct Executor {
  let program: Program
  let arena: Arena
  let bindings: Bindings

  /// Runs all steps in order, each cut among the threads of `team`, or whole where there is none for its work at that time.
  /// - Returns: what a step finds wrong with the values of its inputs, or how the function of one failed; a
  ///   `CancellationError` when no step may begin.
  func run(by team: (_ work: Double) -> Team?, isStopped: () -> Bool) -> (any Error)? {
    for step in program.steps {
      if isStopped() { return CancellationError() }
      if let failure = run(step, by: team(step.work)) { return failure }
    }
    return nil
  }

  /// Runs one step.
  func run(_ step: Program.Step, by team: Team?) -> ModelError? {
    let failure = withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: step.places.count + 1) {
      addresses -> ModelError? in
      for (index, place) in step.places.enumerated() { addresses.initializeElement(at: index, to: address(place)) }
      guard let base = addresses.baseAddress else { return nil }
      return run(step, UnsafePointer(base), by: team)
    }
    return failure.map { ModelError($0.code, step.layer.subject, $0.message) }
  }

  private func run(
    _ step: Program.Step, _ addresses: UnsafePointer<UnsafeMutableRawPointer>, by team: Team?
  ) -> ModelError? {
    let kernel = step.kernel
    let operands = Operands(pointers: addresses, inputCount: step.inputCount, scratch: arena.scratch(0))
    if let failure = kernel.beginning?(operands) { return failure }
    let work = step.work / Double(kernel.phases)
    let threads = min(team?.threadCount ?? 1, Portions.threads(for: work, units: kernel.units))
    for phase in 0..<kernel.phases {
      if let team, threads > 1 {
        Portions.with(of: kernel, work: work, threads: threads) { run(kernel, phase, operands, by: team, $0) }
      } else {
        kernel.run(operands, phase, 0..<kernel.units)
      }
    }
    return nil
  }

  private func run(_ kernel: Kernel, _ phase: Int, _ operands: Operands, by team: Team, _ portions: Portions) {
    team.run(count: portions.count) { _, worker in
      let units = portions.take(by: worker)
      let scratch = arena.scratch(kernel.phases > 1 ? 0 : worker)
      if !units.isEmpty { kernel.run(operands.with(scratch: scratch), phase, units) }
    }
  }

  private func address(_ place: Location) -> UnsafeMutableRawPointer {
    switch place {
    case .input(let index): bindings.input(index)
    case .output(let index): bindings.output(index)
    case .constant(let index): UnsafeMutableRawPointer(mutating: program.constants[index].baseAddress)
    case .arena(let offset): arena.values + offset
    }
  }
}
