import CPeak
import Ostinato

/// The times of many runs of the same work.
struct Measurement {
  private let sorted: [Double]

  /// Runs `work` until `seconds` have gone by, after a warm-up of a tenth of that, and at least five times.
  init(seconds: Double, _ work: () throws -> Void) rethrows {
    _ = try Self.times(for: seconds / 10, atLeast: 2, work)
    sorted = try Self.times(for: seconds, atLeast: 5, work).sorted()
  }

  var median: Double { sorted[sorted.count / 2] }
  var p99: Double { sorted[min(sorted.count - 1, sorted.count * 99 / 100)] }

  private static func times(for seconds: Double, atLeast count: Int, _ work: () throws -> Void) rethrows -> [Double] {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(seconds))
    var times: [Double] = []
    while clock.now < end || times.count < count {
      let start = clock.now
      try work()
      times.append((clock.now - start) / .seconds(1))
    }
    return times
  }
}

/// Floating-point operations per second of fused multiply-adds on `threads` cores at once.
func measuredPeak(threads: Int) -> Double {
  let pool = ThreadPool(threadCount: threads)
  let rounds: UInt64 = 2_000_000
  let flops = Double(cpeak_run(1)) * Double(rounds) * Double(threads)
  let best = (0..<5).map { _ in
    Measurement(seconds: 0.05) { pool.run(count: threads) { _, _ in _ = cpeak_run(rounds) } }.median
  }.min()
  return flops / (best ?? 1)
}
