import OstinatoTensors
import Synchronization

/// What the threads that share the slices of one call know of each other: how far they are, and whether to go on.
final class EngineCall: Sendable {
  private let progress: (@Sendable (_ rows: Int) -> Void)?
  private let slicesDone = Atomic<Int>(0)
  private let rowsDone = Atomic<Int>(0)
  private let hasStopped = Atomic<Bool>(false)
  private let firstFailure = ForkSafeMutex<(any Error)?>(nil)

  init(progress: (@Sendable (_ rows: Int) -> Void)?) {
    self.progress = progress
  }

  /// Whether the rest need not be done: a slice failed, or the task was cancelled.
  ///
  /// Only the thread that called belongs to the task; the others learn from it.
  func isStopped() -> Bool {
    if hasStopped.load(ordering: .relaxed) { return true }
    guard Task.isCancelled else { return false }
    stop(CancellationError())
    return true
  }

  /// Lets no further step begin. The first failure is the one that counts.
  func stop(_ error: any Error) {
    firstFailure.withLock { $0 = $0 ?? error }
    hasStopped.store(true, ordering: .relaxed)
  }

  /// How many slices have run to their end.
  var finishedSlices: Int { slicesDone.load(ordering: .relaxed) }

  /// Counts a slice of `rows` rows that is done.
  func finish(rows: Int) {
    slicesDone.wrappingAdd(1, ordering: .relaxed)
    guard let progress, !hasStopped.load(ordering: .relaxed) else { return }
    progress(rowsDone.wrappingAdd(rows, ordering: .relaxed).newValue)
  }

  /// Why the call stopped before its end, if it did.
  var failure: (any Error)? { firstFailure.withLock { $0 } }
}
