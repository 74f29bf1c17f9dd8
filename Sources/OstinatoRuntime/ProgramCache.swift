import OstinatoGraph
import OstinatoTensors

/// Programs by the shapes of their inputs. Of many shapes, those used longest ago are forgotten.
final class ProgramCache: Sendable {
  private struct Entry {
    let program: PreparedProgram
    var lastUse: Int
  }

  private struct State {
    var entries: [[Shape]: Entry] = [:]
    var clock = 0
  }

  private let capacity: Int
  private let state = ForkSafeMutex(State())

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The program for `shapes`, compiled by `compile` where there is none yet.
  func program(
    for shapes: [Shape], compile: () throws(ModelError) -> PreparedProgram
  ) throws(ModelError) -> PreparedProgram {
    if let program = find(shapes) { return program }
    // Not under the lock: two callers may compile the same program, and the first one's is kept.
    let program = try compile()
    return insert(program, for: shapes)
  }

  private func find(_ shapes: [Shape]) -> PreparedProgram? {
    state.withLock { state in
      state.clock += 1
      state.entries[shapes]?.lastUse = state.clock
      return state.entries[shapes]?.program
    }
  }

  private func insert(_ program: PreparedProgram, for shapes: [Shape]) -> PreparedProgram {
    state.withLock { state in
      if let earlier = state.entries[shapes] { return earlier.program }
      if state.entries.count >= capacity, let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
        state.entries[oldest.key] = nil
      }
      state.clock += 1
      state.entries[shapes] = Entry(program: program, lastUse: state.clock)
      return program
    }
  }
}
