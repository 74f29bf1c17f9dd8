import OstinatoGraph

/// How the units of a step are cut for threads that take the next portion when they have done one.
///
/// Half of all units go in large portions, half of the rest in smaller ones, and the last quarter in small ones, so that
/// a thread which is slow or wakes late leaves little to wait for (Polychronopoulos and Kuck, "Guided Self-Scheduling",
/// 1987). Where portions repeat work, each thread has one.
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

  subscript(index: Int) -> Range<Int> { start(index)..<start(index + 1) }

  /// Of `8 · threads` shares, a portion of the first round has four, one of the second two, and the others one.
  private func start(_ index: Int) -> Int {
    guard isGuided else { return units * index / threads }
    let shares = index + 3 * min(index, threads) + max(0, min(index, 2 * threads) - threads)
    return units * shares / (8 * threads)
  }
}
