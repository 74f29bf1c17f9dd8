import Foundation
import Synchronization

/// What happens when someone presses Control-C or asks the process to end: the work stops where it can, no temporary
/// file is left behind, and one line says how far it came.
enum Interruption {
  private static let rowsDone = Atomic<Int>(0)
  private static let rows = Atomic<Int>(0)
  private static let received = Atomic<Int32>(SIGINT)
  private static let hasSpoken = Atomic<Bool>(false)
  /// How long the work may take to stop by itself, in microseconds.
  private static let patience: UInt32 = 700_000

  /// What a shell calls the end by the signal that came: 130 for Control-C.
  static var exitCode: Int32 { 128 + received.load(ordering: .relaxed) }

  /// Keeps the signals for ``wait(toCancel:)``. Call it before any other thread starts.
  static func hold() {
    var signals = watched
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Waits for a signal, cancels `work`, and ends the process.
  static func wait(toCancel work: Task<Void, Never>) -> Never {
    var (signals, signal) = (watched, Int32(0))
    while sigwait(&signals, &signal) != 0 {}
    received.store(signal, ordering: .relaxed)
    work.cancel()
    usleep(patience)
    say()
    _exit(exitCode)
  }

  /// Control-C and the polite request to end, unless the parent ignores them, as a shell does for what it starts in the
  /// background.
  private static let watched: sigset_t = {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] where !isIgnored(signal) { sigaddset(&signals, signal) }
    return signals
  }()

  /// Remembers how far a prediction is.
  static func note(done: Int, of count: Int) {
    rows.store(count, ordering: .relaxed)
    rowsDone.max(done, ordering: .relaxed)
  }

  /// Says how far the work came.
  static func say() {
    guard !hasSpoken.exchange(true, ordering: .relaxed) else { return }
    let count = rows.load(ordering: .relaxed)
    let place = count == 0 ? "" : " after \(grouped(rowsDone.load(ordering: .relaxed))) of \(grouped(count)) samples"
    StandardStream.error.writeIfPossible("ostinato: stopped\(place)\n")
  }

  /// A number as people write it: `12,345`.
  private static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return digits.indices.reduce(into: "") { text, index in
      if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
      text.append(digits[index])
    }
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    sigaction(signal, nil, &action)
    #if canImport(Darwin)
      return unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 1
    #else
      return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    #endif
  }
}

/// Runs a task on a thread with as much stack as the main thread has.
final class DeepThread: TaskExecutor {
  private static let stackSize = 8 << 20

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let thread = Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    thread.stackSize = Self.stackSize
    thread.start()
  }
}
