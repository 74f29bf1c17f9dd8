import Foundation
import Synchronization

/// What a caller has done and found.
struct Tally: Sendable, CustomStringConvertible {
  var calls = 0
  var models = 0
  var properties = 0
  var failures: [String] = []
  /// How many calls took how long, in steps of a twentieth of a decade from a microsecond on.
  private var latencies = [Int](repeating: 0, count: 20 * 8)

  private static let failuresShown = 20

  mutating func count(_ seconds: Double) {
    let step = 20 * log10(max(seconds * 1e6, 1))
    latencies[min(Int(step), latencies.count - 1)] += 1
    calls += 1
  }

  mutating func add(_ other: Tally) {
    calls += other.calls
    models += other.models
    properties += other.properties
    failures += other.failures
    for step in latencies.indices { latencies[step] += other.latencies[step] }
  }

  var description: String {
    /// The upper end of the step in which a call lies that is slower than `share` of all.
    func percentile(_ share: Double) -> String {
      var left = Int(share * Double(calls - 1))
      let step = latencies.firstIndex { count in
        left -= count
        return left < 0
      }
      return step.map { String(format: "%.3g ms", pow(10, Double($0 + 1) / 20) / 1000) } ?? "–"
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
