import Foundation
import OstinatoRuntime
import OstinatoTensors
import Synchronization
import Testing

/// A sum that threads add to.
private final class Total: Sendable {
  private let sum = Atomic<Int>(0)
  var value: Int { sum.load(ordering: .relaxed) }
  func add(_ number: Int) { sum.wrappingAdd(number, ordering: .relaxed) }
}

/// Waits until something is so, but no longer than ten seconds.
private func waitBriefly(until isTime: () -> Bool) {
  let end = ContinuousClock.now + .seconds(10)
  while !isTime(), ContinuousClock.now < end { sched_yield() }
}

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func everyIndexRunsOnce(_ threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    for count in [0, 1, 2, 7, 1000] {
      let seen = ForkSafeMutex([Int](repeating: 0, count: count))
      pool.run(count: count) { index, _ in seen.withLock { $0[index] += 1 } }
      #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
    }
  }

  @Test func callersShareAPool() async {
    let pool = ThreadPool(threadCount: 2)
    let total = Total()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<32 {
        group.addTask { pool.run(count: 50) { index, _ in total.add(index) } }
      }
    }
    #expect(total.value == 32 * 49 * 25)
  }

  @Test func workMayCallThePoolAgain() {
    let pool = ThreadPool(threadCount: 3)
    let total = Total()
    pool.run(count: 8) { _, _ in
      pool.run(count: 8) { _, _ in total.add(1) }
    }
    #expect(total.value == 64)
  }

  private enum Failure: Error { case first, second }

  @Test(arguments: [1, 2])
  func bothBodiesAnswer(_ threads: Int) throws {
    let pool = ThreadPool(threadCount: threads)
    let (number, text) = pool.both { () throws(Failure) in
      7
    } _: { () throws(Failure) in
      "seven"
    }
    #expect(try number.get() == 7 && text.get() == "seven")
    let (one, other) = pool.both { () throws(Failure) -> Int in
      throw .first
    } _: { () throws(Failure) -> Int in
      throw .second
    }
    #expect(one == .failure(.first) && other == .failure(.second))
  }

  @Test func bothBodiesRunAtOnce() {
    let (first, second) = (Total(), Total())
    let (one, other) = ThreadPool(threadCount: 2).both { () throws(Failure) in
      first.add(1)
      waitBriefly { second.value > 0 }
      return second.value
    } _: { () throws(Failure) in
      second.add(1)
      waitBriefly { first.value > 0 }
      return first.value
    }
    #expect(one == .success(1) && other == .success(1))
  }

  /// The caller has nothing left of the outer work, and the inner work does not end without it. After a pause it has gone
  /// to sleep.
  @Test(arguments: [0, 0.05])
  func whoWaitsHelpsTheTeam(pause: Double) {
    let team = Team(of: ThreadPool(threadCount: 2))
    let caller = ObjectIdentifier(Thread.current)
    let (begun, inner, helped) = (Total(), Total(), Total())
    team.run(count: 2) { _, _ in
      guard ObjectIdentifier(Thread.current) != caller else { return waitBriefly { begun.value > 0 } }
      begun.add(1)
      Thread.sleep(forTimeInterval: pause)
      team.run(count: 2) { _, _ in
        if ObjectIdentifier(Thread.current) == caller { helped.add(1) }
        inner.add(1)
        waitBriefly { inner.value == 2 }
      }
    }
    #expect(helped.value == 1)
  }

  @Test func poolsComeAndGo() {
    for _ in 0..<50 {
      let pool = ThreadPool(threadCount: 4)
      pool.run(count: 4) { _, _ in }
    }
  }

  /// The thread that ends a pool may be one of its own.
  @Test func workMayHoldThePool() async {
    final class Sentinel: Sendable {
      static let count = Atomic<Int>(0)
      init() { Self.count.wrappingAdd(1, ordering: .relaxed) }
      deinit { Self.count.wrappingSubtract(1, ordering: .relaxed) }
    }
    final class Holder: Sendable {
      let pool = ThreadPool(threadCount: 4)
      // Goes after the pool is gone.
      let sentinel = Sentinel()
    }
    for _ in 0..<50 {
      let holder = Holder()
      // Long enough for the others to wake.
      holder.pool.run(count: 8) { _, _ in for _ in 0..<20_000 { _ = holder.pool.threadCount } }
    }
    for _ in 0..<1000 where Sentinel.count.load(ordering: .relaxed) > 0 { try? await Task.sleep(for: .milliseconds(2)) }
    #expect(Sentinel.count.load(ordering: .relaxed) == 0)
  }
}
