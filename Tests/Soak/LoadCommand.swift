import ArgumentParser
import Foundation
import Ostinato
import RandomModels

struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Predict with many models from many threads; fail on a difference or growth of memory.")

  @Option(help: "How long, in seconds.")
  var seconds = 600.0

  @Option(help: "How many threads call.")
  var callers = 6

  @Option(help: "Where the seeds begin.")
  var seed: UInt64 = 0

  @Option(help: "The growth of memory that fails, in megabytes.")
  var limit = 64

  func run() throws {
    // What stays is there after a while: stacks, allocator's pages, metadata.
    _ = try load(for: min(seconds / 10, 20), seed: seed)
    let start = residentBytes()
    let tally = try load(for: seconds, seed: seed &+ 1 << 32)
    let end = residentBytes()
    print(tally)
    if let start, let end { print("memory      \(megabytes(start)) at the start, \(megabytes(end)) at the end") }
    guard tally.failures.isEmpty else { throw SoakFailure(description: "\(tally.failures.count) failures") }
    if let start, let end, end - start > limit << 20 {
      throw SoakFailure(description: "expected memory to grow by less than \(limit) MB")
    }
  }

  private func load(for seconds: Double, seed: UInt64) throws -> Tally {
    let stage = try Stage(seed: seed)
    let end = ContinuousClock.now + .seconds(seconds)
    let ledger = Ledger()
    ThreadPool(threadCount: callers).run(count: callers) { caller, _ in
      var tally = Tally()
      var random = SeededGenerator(seed: seed &+ UInt64(caller))
      while ContinuousClock.now < end { stage.act(using: &random, &tally) }
      ledger.add(tally)
    }
    return ledger.total
  }
}
