import ArgumentParser
import Foundation
import Ostinato
import RandomModels

struct MemoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory", abstract: "Load and release models; fail where memory does not come back.")

  @Option(help: "How often the models are loaded.")
  var rounds = 30

  @Option(help: "The growth that fails, in megabytes.")
  var limit = 8

  func run() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "soak-\(UUID().uuidString).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Model([Input(shape: [nil, 128]), Dense(256), GRU(128, returnSequences: true), Dense(128)]).save(to: path)
    // The first rounds fill what stays: the pool's stacks, the allocator's own pages.
    for round in 0..<10 { try load(path, round) }
    guard let start = residentBytes() else { return print("memory: not known on this system") }
    for round in 0..<rounds { try load(path, round) }
    let end = residentBytes() ?? start
    print("memory: \(megabytes(start)) at the start, \(megabytes(end)) after \(rounds) models")
    guard end - start < limit << 20 else { throw SoakFailure(description: "expected growth below \(limit) MB") }
  }

  /// Loads the model, runs it for several shapes on a pool of its own, and lets it go.
  private func load(_ path: String, _ round: Int) throws {
    let model = try Model(
      contentsOf: path, executionOptions: ExecutionOptions(pool: ThreadPool(threadCount: 1 + round % 3)))
    for length in [1, 5, 9] {
      for batch in [1, 7] { _ = try model.predict(Tensor(zeros: [batch, length, 128])) }
    }
  }
}
