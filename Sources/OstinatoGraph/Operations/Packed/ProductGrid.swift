/// How threads share a matrix product `(rows, columns)`: its units are some rows of a block of columns, one block after
/// another.
///
/// Where the packed kernel is larger than what it multiplies, each thread reads columns of its own, and the kernel comes
/// from memory once. Elsewhere there is one block, of all columns.
struct ProductGrid: Sendable {
  private let rows: Int
  private let rowsPerUnit: Int
  private let columns: Int
  private let blocks: Int

  /// - Parameter rowsPerUnit: rows that a thread had better not share with another.
  init(rows: Int, columns: Int, rowsPerUnit: Int = 1, splitsColumns: Bool) {
    self.rows = rows
    self.rowsPerUnit = rowsPerUnit
    self.columns = columns
    self.blocks = splitsColumns ? max(1, columns / Self.columnsPerBlock) : 1
  }

  /// A whole number of panels at every level.
  private static let columnsPerBlock = 64

  var units: Int { unitsPerBlock * blocks }
  private var unitsPerBlock: Int { (rows + rowsPerUnit - 1) / rowsPerUnit }

  /// Calls `body` for as few rectangles as `units` are made of.
  func forEachRectangle(in units: Range<Int>, _ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    var unit = units.lowerBound
    while unit < units.upperBound {
      let (block, first) = unit.quotientAndRemainder(dividingBy: unitsPerBlock)
      let wholeBlocks = first == 0 ? (units.upperBound - unit) / unitsPerBlock : 0
      let end = wholeBlocks > 0 ? unitsPerBlock : min(unitsPerBlock, first + units.upperBound - unit)
      body(
        first * rowsPerUnit..<min(end * rowsPerUnit, rows), columns(of: block..<block + max(wholeBlocks, 1)))
      unit += max(wholeBlocks * unitsPerBlock, end - first)
    }
  }

  /// The last block has what is left over.
  private func columns(of range: Range<Int>) -> Range<Int> {
    range.lowerBound
      * Self.columnsPerBlock..<(range.upperBound == blocks
      ? columns : range.upperBound * Self.columnsPerBlock)
  }
}
