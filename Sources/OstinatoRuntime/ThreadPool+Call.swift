/// Which calls wake threads that sleep.
///
/// To wake a thread may take as long as a small model does on one. Where calls come one after another, the threads do not
/// go to sleep between them, so that they are woken once; where they come now and then, only for long ones.
extension ThreadPool {
  /// The team for a call of so much work, in the measure of ``Program/Step/work``.
  func team(for work: Double) -> Team {
    Team(of: self, wakes: work >= Self.workWorthWaking || (work >= Portions.workWorthSharing && wasJustUsed))
  }

  /// Comes after each call that ``team(for:)`` came before.
  func endCall(of work: Double) {
    guard work >= Portions.workWorthSharing else { return }
    lastCallEnd.store(Self.nanoseconds, ordering: .relaxed)
  }

  private var wasJustUsed: Bool {
    Self.nanoseconds - lastCallEnd.load(ordering: .relaxed) < Self.wakefulness
  }

  /// The least work for which a thread is woken from its sleep.
  private static let workWorthWaking = 5e7

  /// About as long as a thread looks for work before it sleeps.
  private static let wakefulness: Int64 = 200_000

  private static let start = ContinuousClock.now

  /// Since the first time that someone asked.
  private static var nanoseconds: Int64 {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
