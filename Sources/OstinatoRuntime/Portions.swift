import OstinatoGraph
import Synchronization

/// How the units of a step are cut for threads that take the next portion when they have done one.
///
/// Each thread has a stretch of the units, of which its first portion is half, the second a quarter and so on, so that a
/// thread which is slow or wakes late leaves little to wait for (Polychronopoulos and Kuck, "Guided Self-Scheduling",
/// 1987). A thread takes those of its own stretch, and what it makes of them is in the cache of the core that goes on with
/// it in the next step; only when none is left, it helps others with theirs. Where small portions would repeat work, or
/// there is so little that fetching what another thread has near costs as much, each thread has one.
struct Portions: @unchecked Sendable {
  private let units: Int
  private let threads: Int
  private let rounds: Int
  /// How many portions of each stretch have been taken, or asked for in vain.
  private let asked: UnsafeMutablePointer<Atomic<Int>>

  /// The least work of a thread at a step, in the measure of ``Program/Step/work``: with less, waking it and moving the
  /// values to its cache costs more than it brings.
  private static let workWorthAThread = 2.5e5
  /// The least work that two threads share.
  static let workWorthSharing = 2 * workWorthAThread
  /// The least work of a step that is cut into more portions than threads.
  static let workWorthCutting = 1e7

  /// How many threads a step of so much work is worth, at least one.
  static func threads(for work: Double, units: Int) -> Int {
    Int(max(1, min(work / workWorthAThread, Double(units))))
  }

  /// Stretches are cut no further than this.
  private static let mostRounds = 5

  /// Calls `body` with the portions of a step of so much work for so many threads, none of them taken.
  static func with<Result>(
    of kernel: Kernel, work: Double, threads: Int, _ body: (Portions) -> Result
  ) -> Result {
    let rounds = work < workWorthCutting ? 1 : rounds(kernel, threads: threads)
    return withUnsafeTemporaryAllocation(of: Atomic<Int>.self, capacity: threads) { asked in
      guard let first = asked.baseAddress else { preconditionFailure("a team has at least one thread") }
      for thread in 0..<threads { (first + thread).initialize(to: Atomic(0)) }
      defer { first.deinitialize(count: threads) }
      return body(Portions(units: kernel.units, threads: threads, rounds: rounds, asked: first))
    }
  }

  /// As many rounds as leave the smallest portions the pieces that they should have.
  private static func rounds(_ kernel: Kernel, threads: Int) -> Int {
    let stretch = kernel.units / threads
    return (1..<mostRounds).last { max(stretch >> $0, 1) >= kernel.leastUnits }.map { $0 + 1 } ?? 1
  }

  /// Some portions are empty where there are few units.
  var count: Int { rounds * threads }

  /// The portion that a thread does next; an empty one when all are taken. More threads than there are stretches may ask.
  func take(by thread: Int) -> Range<Int> {
    for stretch in (0..<threads).lazy.map({ (thread + $0) % threads }) {
      let round = asked[stretch].wrappingAdd(1, ordering: .relaxed).oldValue
      if round < rounds { return start(stretch, round)..<start(stretch, round + 1) }
    }
    return 0..<0
  }

  /// Where a portion of a stretch begins. Each has half of what those before it leave, and the last all of it.
  private func start(_ stretch: Int, _ round: Int) -> Int {
    let shares = 1 << (rounds - 1)
    let before = round < rounds ? shares - shares >> round : shares
    return units * (shares * stretch + before) / (shares * threads)
  }
}
