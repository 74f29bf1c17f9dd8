import Foundation
import Ostinato
import RandomModels
import Synchronization

/// Models that callers share, each with what it must answer. Some go and others come all the time.
final class Stage: Sendable {
  private struct Actor: Sendable {
    let drawn: RandomModel
    let model: Model
    let rows: Tensor
    let expected: Tensor
  }

  private static let actorCount = 12
  private static let rowCount = 24
  private static let pools = [1, 2, 4].map { ThreadPool(threadCount: $0) }

  private let actors: Mutex<[Actor]>
  private let nextSeed: Atomic<UInt64>

  init(seed: UInt64) throws {
    var actors: [Actor] = []
    for offset in 0..<Self.actorCount { actors.append(try Self.actor(seed: seed &+ UInt64(offset), ThreadPool.shared)) }
    self.actors = Mutex(actors)
    self.nextSeed = Atomic(seed &+ UInt64(Self.actorCount))
  }

  /// What the model of a seed answers on one thread; the model that answers from now on may come from a file.
  private static func actor(seed: UInt64, _ pool: ThreadPool) throws -> Actor {
    let drawn = RandomModel(seed: seed)
    let rows = drawn.rows(rowCount)
    let expected = try drawn.model(ExecutionOptions(pool: pools[0])).predict(rows)
    let options = ExecutionOptions(pool: pool)
    let model = seed.isMultiple(of: 2) ? try drawn.model(options) : try reread(drawn.model(options), options)
    return Actor(drawn: drawn, model: model, rows: rows, expected: expected)
  }

  private static func reread(_ model: Model, _ options: ExecutionOptions) throws -> Model {
    let path = FileManager.default.temporaryDirectory.appending(path: "soak-\(UUID().uuidString).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(to: path)
    return try Model(contentsOf: path, executionOptions: options)
  }

  /// One thing that a caller does: mostly a prediction, at times a new model, or a look at all properties of one.
  func act(using random: inout SeededGenerator, _ tally: inout Tally) {
    do {
      switch Int.random(in: 0..<200, using: &random) {
      case 0: try replace(using: &random, &tally)
      case 1: try look(&tally)
      default: try predict(using: &random, &tally)
      }
    } catch {
      tally.failures.append("\(error)")
    }
  }

  private func predict(using random: inout SeededGenerator, _ tally: inout Tally) throws {
    let place = Int.random(in: 0..<Self.actorCount, using: &random)
    let actor = actors.withLock { $0[place] }
    let first = Int.random(in: 0..<Self.rowCount, using: &random)
    let rows = first..<Int.random(in: first...Self.rowCount, using: &random)
    let batchSize = Bool.random(using: &random) ? nil : Int.random(in: 1...Self.rowCount, using: &random)
    let start = ContinuousClock.now
    let output = try actor.model.predict(actor.rows[rows], batchSize: batchSize)
    tally.count((ContinuousClock.now - start) / .seconds(1))
    if output != actor.expected[rows] {
      tally.failures.append("rows \(rows), batch size \(batchSize ?? 0) differ: \(actor.drawn)")
    }
  }

  private func replace(using random: inout SeededGenerator, _ tally: inout Tally) throws {
    let place = Int.random(in: 0..<Self.actorCount, using: &random)
    let pool = Self.pools.randomElement(using: &random) ?? .shared
    let actor = try Self.actor(seed: nextSeed.wrappingAdd(1, ordering: .relaxed).oldValue, pool)
    actors.withLock { $0[place] = actor }
    tally.models += 1
  }

  private func look(_ tally: inout Tally) throws {
    let drawn = RandomModel(seed: nextSeed.wrappingAdd(1, ordering: .relaxed).oldValue)
    tally.failures += try ModelProperties(drawn).violations()
    tally.properties += 1
  }
}
