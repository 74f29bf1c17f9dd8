import OstinatoGraph
import Testing

@testable import OstinatoRuntime

@Suite("Portions of a step")
struct PortionsTests {
  @Test(arguments: [1, 2, 3, 7, 64], [false, true])
  func coverAllUnitsOnce(threads: Int, repeatsWork: Bool) {
    for units in [0, 1, 2, 5, 16, 49, 1000, 10_007] {
      let portions = Portions(of: Self.kernel(units, repeatsWork), threads: threads)
      #expect((0..<portions.count).flatMap { Array(portions[$0]) }.sorted() == Array(0..<units))
    }
  }

  @Test func becomeSmall() {
    let portions = Portions(of: Self.kernel(1600, false), threads: 2)
    #expect((0..<portions.count).map { portions[$0].count } == [400, 400, 200, 200, 100, 100, 100, 100])
  }

  @Test func takeTurnsAmongStretches() {
    let portions = Portions(of: Self.kernel(1600, false), threads: 2)
    let starts = (0..<portions.count).map { portions[$0].lowerBound }
    #expect(starts == [0, 800, 400, 1200, 600, 1400, 700, 1500])
  }

  @Test func areOneForEachThreadWhereWorkIsRepeated() {
    let portions = Portions(of: Self.kernel(1600, true), threads: 2)
    #expect((0..<portions.count).map { portions[$0].count } == [800, 800])
  }

  private static func kernel(_ units: Int, _ repeatsWork: Bool) -> Kernel {
    Kernel(units: units, repeatsWork: repeatsWork) { _, _ in }
  }
}
