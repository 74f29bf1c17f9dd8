import OstinatoGraph
import OstinatoTensors
import Testing

@testable import OstinatoRuntime

@Suite("Portions of a step")
struct PortionsTests {
  @Test(arguments: [1, 2, 3, 7, 64], [1, 100])
  func coverAllUnitsOnce(threads: Int, leastUnits: Int) {
    for units in [0, 1, 2, 5, 16, 49, 1000, 10_007] {
      for stride in [0, 1, 5] {
        let taken = Self.take(units, leastUnits, threads: threads) { stride * $0 % threads }
        #expect(taken.flatMap { Array($0) }.sorted() == Array(0..<units))
      }
    }
  }

  @Test func coverAllUnitsOnceWhenTakenAtOnce() {
    let pool = ThreadPool(threadCount: 4)
    for units in [3, 10_007] {
      Portions.with(of: Self.kernel(units, 1), work: Portions.workWorthCutting, threads: 4) { portions in
        let taken = ForkSafeMutex<[Int]>([])
        pool.run(count: portions.count) { _, worker in
          let portion = portions.take(by: worker)
          taken.withLock { $0 += portion }
        }
        #expect(taken.withLock { $0.sorted() } == Array(0..<units))
        #expect(portions.take(by: 0).isEmpty)
      }
    }
  }

  @Test func becomeSmall() {
    #expect(
      Self.take(1600, 1, threads: 2) { $0 % 2 }.map(\.count) == [400, 400, 200, 200, 100, 100, 50, 50, 50, 50])
  }

  @Test func areOfTheOwnStretchFirst() {
    let starts = Self.take(1600, 1, threads: 2) { $0 == 3 ? 0 : 1 }.map(\.lowerBound)
    #expect(starts == [800, 1200, 1400, 0, 1500, 1550, 400, 600, 700, 750])
  }

  @Test func areNoSmallerThanTheyShouldBe() {
    #expect(Self.take(1600, 200, threads: 2) { $0 % 2 }.map(\.count) == [400, 400, 200, 200, 200, 200])
    #expect(Self.take(1600, 201, threads: 2) { $0 % 2 }.map(\.count) == [400, 400, 400, 400])
    #expect(Self.take(1600, 801, threads: 2) { $0 % 2 }.map(\.count) == [800, 800])
  }

  @Test func areOneForEachThreadWhereWorkIsRepeatedOrLittle() {
    #expect(Self.take(1600, 1600, threads: 2) { $0 }.map(\.count) == [800, 800])
    #expect(
      Self.take(1600, 1, work: Portions.workWorthCutting.nextDown, threads: 2) { $0 }.map(\.count) == [800, 800])
  }

  @Test func areForAsManyThreadsAsTheWorkIsWorth() {
    let least = Portions.workWorthSharing
    #expect(
      [0, least.nextDown, least, 3 * least, .infinity].map { Portions.threads(for: $0, units: 7) } == [1, 1, 2, 6, 7])
    #expect([0, 1, 2].map { Portions.threads(for: .infinity, units: $0) } == [1, 1, 2])
  }

  @Test func coverAllUnitsOnceWithMoreThreadsThanThereAreFor() {
    #expect(Self.take(100, 1, threads: 2) { $0 + 3 }.flatMap { Array($0) }.sorted() == Array(0..<100))
  }

  /// All portions, one after another, each by the thread that `thread` says.
  private static func take(
    _ units: Int, _ leastUnits: Int, work: Double = Portions.workWorthCutting, threads: Int, by thread: (Int) -> Int
  ) -> [Range<Int>] {
    Portions.with(of: kernel(units, leastUnits), work: work, threads: threads) { portions in
      (0..<portions.count).map { portions.take(by: thread($0)) }
    }
  }

  private static func kernel(_ units: Int, _ leastUnits: Int) -> Kernel {
    Kernel(units: units, leastUnits: leastUnits) { _, _ in }
  }
}
