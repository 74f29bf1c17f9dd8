import OstinatoRuntime
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func everyIndexRunsOnce(_ threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    for count in [0, 1, 2, 7, 1000] {
      let seen = Mutex([Int](repeating: 0, count: count))
      pool.run(count: count) { index in seen.withLock { $0[index] += 1 } }
      #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
    }
  }

  @Test func callersShareAPool() async {
    let pool = ThreadPool(threadCount: 2)
    let total = Atomic<Int>(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<32 {
        group.addTask { pool.run(count: 50) { index in total.wrappingAdd(index, ordering: .relaxed) } }
      }
    }
    #expect(total.load(ordering: .relaxed) == 32 * 49 * 25)
  }

  @Test func workMayCallThePoolAgain() {
    let pool = ThreadPool(threadCount: 3)
    let total = Atomic<Int>(0)
    pool.run(count: 8) { _ in
      pool.run(count: 8) { _ in total.wrappingAdd(1, ordering: .relaxed) }
    }
    #expect(total.load(ordering: .relaxed) == 64)
  }

  @Test func poolsComeAndGo() {
    for _ in 0..<50 {
      let pool = ThreadPool(threadCount: 4)
      pool.run(count: 4) { _ in }
    }
  }
}
