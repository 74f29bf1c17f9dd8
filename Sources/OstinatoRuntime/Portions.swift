import OstinatoGraph

/// How the units of a step are cut for threads that take the next portion when they have done one.
///
/// Each thread has a stretch of the units, of which its first portion is half, the second a quarter, and the last two an
/// eighth each, so that a thread which is slow or wakes late leaves little to wait for (Polychronopoulos and Kuck, "Guided
/// Self-Scheduling", 1987). Portions of different stretches take turns: threads that are equally quick keep to their own,
/// and what they make of it is in the cache of the core that goes on with it in the next step. Where portions repeat work,
/// each thread has one.
struct Portions {
  private let units: Int
  private let threads: Int
  private let isGuided: Bool

  init(of kernel: Kernel, threads: Int) {
    self.units = kernel.units
    self.threads = threads
    self.isGuided = !kernel.repeatsWork
  }

  /// Some portions are empty where there are few units.
  var count: Int { isGuided ? 4 * threads : threads }

  subscript(index: Int) -> Range<Int> {
    let (round, thread) = index.quotientAndRemainder(dividingBy: threads)
    guard isGuided else { return start(thread, shares: 0)..<start(thread, shares: 8) }
    return start(thread, shares: 8 - 8 >> round)..<start(thread, shares: 8 - 8 >> (round + 1))
  }

  /// Where the units of a thread begin after some of its eight shares.
  private func start(_ thread: Int, shares: Int) -> Int { units * (8 * thread + shares) / (8 * threads) }
}
