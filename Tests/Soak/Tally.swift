import Foundation
import Synchronization

/// What a caller has done and found.
struct Tally: Sendable, CustomStringConvertible {
  var calls = 0
  var models = 0
  var properties = 0
  var failures: [String] = []
  /// The seconds of a call, of so many calls as there is room for.
  private var latencies: [Double] = []

  private static let room = 200_000
  private static let failuresShown = 20

  mutating func count(_ seconds: Double) {
    if latencies.count < Self.room { latencies.append(seconds) } else { latencies[calls % Self.room] = seconds }
    calls += 1
  }

  mutating func add(_ other: Tally) {
    calls += other.calls
    models += other.models
    properties += other.properties
    failures += other.failures
    latencies += other.latencies
  }

  var description: String {
    let sorted = latencies.sorted()
    func percentile(_ share: Double) -> String {
      guard !sorted.isEmpty else { return "–" }
      return String(format: "%.3f ms", sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))] * 1000)
    }
    return
      ([
        "calls       \(calls)", "models      \(models)", "properties  \(properties) models",
        "errors      \(failures.count)",
        "latency     50 %: \(percentile(0.5)), 90 %: \(percentile(0.9)), 99 %: \(percentile(0.99)), "
          + "longest: \(percentile(1))",
      ] + failures.prefix(Self.failuresShown)).joined(separator: "\n")
  }
}

/// Where callers leave their tallies.
final class Ledger: Sendable {
  private let tally = Mutex(Tally())
  var total: Tally { tally.withLock { $0 } }
  func add(_ other: Tally) { tally.withLock { $0.add(other) } }
}
