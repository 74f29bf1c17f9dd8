import Foundation
import RandomModels
import Testing

/// What must hold for any model, tried on some hundred that a seed gives.
///
/// A failure names its seed; `OSTINATO_SEED=7` in the environment tries that one alone.
@Suite struct PropertyTests {
  static let seeds: ClosedRange<UInt64> = {
    let seed = ProcessInfo.processInfo.environment["OSTINATO_SEED"].flatMap(UInt64.init)
    return seed.map { $0...$0 } ?? 0...299
  }()

  @Test(arguments: seeds)
  func holds(seed: UInt64) throws {
    #expect(try ModelProperties(RandomModel(seed: seed)).violations() == [])
  }
}
