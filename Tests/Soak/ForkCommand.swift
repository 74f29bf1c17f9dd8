import ArgumentParser
import Foundation
import Ostinato
import Synchronization

struct ForkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fork", abstract: "Fork while threads predict; fail where a child does not predict the same.")

  @Option(help: "How many children.")
  var children = 8

  /// Swift hides `fork`, because a child has none of its parent's threads.
  private static let fork = systemFunction("fork", as: (@convention(c) () -> pid_t).self)
  /// After these seconds a child that hangs is ended by a signal.
  private static let patience: UInt32 = 30

  func run() throws {
    let model = try Model(
      [Input(shape: [32]), Dense(256, activation: .relu), Dense(256, activation: .tanh), Dense(10)],
      executionOptions: ExecutionOptions(pool: ThreadPool(threadCount: 3)))
    let expected = try model.predict(Self.rows)
    let isOver = Stop()
    for _ in 0..<2 {
      Thread.detachNewThread { while !isOver.isSet { _ = try? model.predict(Self.rows, batchSize: 4) } }
    }
    defer { isOver.set() }
    for number in 0..<children {
      let status = try Self.child { Self.predictsTheSame(model, expected) }
      guard status == 0 else { throw SoakFailure(description: "child \(number) ended with status \(status)") }
    }
    print("fork: \(children) children and their children predicted the same")
  }

  private static let rows = Tensor((0..<64 * 32).map { Float($0 % 17) / 17 }, shape: [64, 32])

  /// Runs `body` in a child and gives how the child ended: 0 when `body` was true.
  private static func child(_ body: () -> Bool) throws -> Int32 {
    guard let fork else { throw SoakFailure(description: "expected the function fork") }
    let child = fork()
    if child == 0 {
      // The process that starts this one may have blocked the alarm.
      var noSignals = sigset_t()
      sigemptyset(&noSignals)
      sigprocmask(SIG_SETMASK, &noSignals, nil)
      alarm(patience)
      _exit(body() ? 0 : 1)
    }
    var status: Int32 = -1
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// Predicts on this thread, on several at once, with shapes that the parent had not, and in a child of its own.
  private static func predictsTheSame(_ model: Model, _ expected: Tensor) -> Bool {
    let agreements = Atomic<Int>(0)
    let callers = ThreadPool(threadCount: 4)
    callers.run(count: 16) { index, _ in
      let output = try? model.predict(rows, batchSize: 1 + index)
      if output == expected { agreements.wrappingAdd(1, ordering: .relaxed) }
    }
    let alone = try? model.predict(rows[0..<3], batchSize: 2)
    guard agreements.load(ordering: .relaxed) == 16, alone == expected[0..<3] else { return false }
    return (try? child { (try? model.predict(rows)) == expected }) == 0
  }
}

/// A flag that one thread sets and others look at.
final class Stop: Sendable {
  private let flag = Atomic<Bool>(false)
  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}
