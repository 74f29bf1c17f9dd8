import OstinatoGraph
import OstinatoTensors

/// The memory of one run of a program: all intermediate values, then a piece of scratch for each worker.
final class Arena: @unchecked Sendable {
  private static let alignment = 64
  let values: UnsafeMutableRawPointer
  private let scratchBytes: Int
  private let scratchBase: UnsafeMutableRawPointer

  init(_ program: Program, workers: Int) {
    let valueBytes = program.arenaBytes.rounded(upToMultipleOf: Self.alignment)
    self.scratchBytes = program.scratchBytes.rounded(upToMultipleOf: Self.alignment)
    let byteCount = max(valueBytes + workers * scratchBytes, Self.alignment)
    self.values = .allocate(byteCount: byteCount, alignment: Self.alignment)
    adviseLargePages(UnsafeMutableRawBufferPointer(start: values, count: byteCount))
    self.scratchBase = values + valueBytes
  }

  deinit { values.deallocate() }

  func scratch(_ worker: Int) -> UnsafeMutableRawPointer { scratchBase + worker * scratchBytes }
}

/// A program and the arenas that its runs leave for the next ones.
final class PreparedProgram: Sendable {
  let program: Program
  private let workers: Int
  private let idle = ForkSafeMutex<[Arena]>([])

  init(_ program: Program, workers: Int) {
    self.program = program
    self.workers = workers
  }

  func withArena<Result>(_ body: (Arena) throws -> Result) rethrows -> Result {
    let arena = idle.withLock { $0.popLast() } ?? Arena(program, workers: workers)
    defer { idle.withLock { if $0.count < workers { $0.append(arena) } } }
    return try body(arena)
  }
}
