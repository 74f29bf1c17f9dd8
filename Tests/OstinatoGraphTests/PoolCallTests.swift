import Foundation
import OstinatoTensors
import Testing

@testable import OstinatoRuntime

/// Which calls wake the threads of a pool that sleep.
@Suite struct PoolCallTests {
  private let little = Portions.workWorthSharing
  private let pool = ThreadPool(threadCount: 2)

  @Test func longCallsWakeThreads() {
    #expect(pool.team(for: 1e9).wakes)
    #expect(!pool.team(for: little).wakes)
  }

  @Test func callsThatFollowEachOtherWakeThreads() {
    // More than once, because the test itself may have to wait for a processor.
    let isWoken = (0..<100).contains { _ in
      pool.endCall(of: little)
      return pool.team(for: little).wakes
    }
    #expect(isWoken)
    #expect(!pool.team(for: little.nextDown).wakes)
  }

  @Test func callsNowAndThenDoNot() {
    pool.endCall(of: little)
    Thread.sleep(forTimeInterval: 0.01)
    #expect(!pool.team(for: little).wakes)
    pool.endCall(of: little.nextDown)
    #expect(!pool.team(for: little).wakes)
  }

  @Test func workIsDoneWithoutThreadsThatSleep() {
    Thread.sleep(forTimeInterval: 0.01)
    let done = ForkSafeMutex(0)
    pool.team(for: little).run(count: 50) { _, _ in done.withLock { $0 += 1 } }
    #expect(done.withLock { $0 } == 50)
  }
}
