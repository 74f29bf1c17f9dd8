import Testing

@testable import OstinatoGraph

@Suite("How a matrix product is shared")
struct ProductGridTests {
  @Test(arguments: [1, 6, 12], [false, true])
  func anyRangesOfUnitsCoverTheProductOnce(rowsPerUnit: Int, splitsColumns: Bool) {
    for (rows, columns) in [(0, 5), (1, 1000), (5, 160), (49, 160), (196, 64), (200, 130)] {
      let grid = ProductGrid(rows: rows, columns: columns, rowsPerUnit: rowsPerUnit, splitsColumns: splitsColumns)
      var counts = [Int](repeating: 0, count: rows * columns)
      for first in stride(from: 0, to: grid.units, by: 5) {
        grid.forEachRectangle(in: first..<min(first + 5, grid.units)) { rowRange, columnRange in
          #expect(rowRange.lowerBound % rowsPerUnit == 0)
          #expect(rowRange.upperBound % rowsPerUnit == 0 || rowRange.upperBound == rows)
          for row in rowRange { for column in columnRange { counts[row * columns + column] += 1 } }
        }
      }
      #expect(counts.allSatisfy { $0 == 1 }, "\(rows) × \(columns)")
    }
  }
}
