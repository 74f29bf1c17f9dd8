import OstinatoGraph
import OstinatoTensors

extension GraphBuilder {
  /// `(1, rows, columns)`: 1 where the column does not come after the row.
  mutating func causalMask(_ rows: Int, _ columns: Int) throws(ModelError) -> Value {
    try pairMask("causal", rows, columns) { $1 <= $0 }
  }

  /// `(1, rows, columns)`: 1 where row and column are less than `width` apart.
  mutating func windowMask(_ rows: Int, _ columns: Int, width: Int) throws(ModelError) -> Value {
    try pairMask("window of \(width)", rows, columns) { abs($0 - $1) < width }
  }

  private mutating func pairMask(
    _ name: String, _ rows: Int, _ columns: Int, _ isAllowed: (_ row: Int, _ column: Int) -> Bool
  ) throws(ModelError) -> Value {
    let shape = try Shape(validating: [1, rows, columns])
    try requireRoom(for: ValueType(shape))
    return try constant("\(name) \(rows) × \(columns)") { () throws(ModelError) in
      Tensor((0..<shape.elementCount).map { isAllowed($0 / columns, $0 % columns) ? Float(1) : 0 }, shape: shape)
    }
  }

  /// Where all of the masks hold that there are; nil when there are none.
  mutating func conjunction(_ masks: [Value?]) throws(ModelError) -> Value? {
    var result: Value?
    for case let mask? in masks {
      result = if let known = result { try combine(.logicalAnd, known, mask) } else { mask }
    }
    return result
  }

  /// A mask `(batch, time)` over the rows `(batch, time, 1)` of a table of scores.
  mutating func overRows(_ mask: Value?) throws(ModelError) -> Value? {
    guard let mask else { return nil }
    return try reshape(mask, to: Shape(mask.shape + [1]))
  }

  /// A mask `(batch, time)` over the columns `(batch, 1, time)` of a table of scores.
  mutating func overColumns(_ mask: Value?) throws(ModelError) -> Value? {
    guard let mask, mask.shape.rank > 0 else { return nil }
    return try reshape(mask, to: Shape(mask.shape.dropLast() + [1] + mask.shape.suffix(1)))
  }
}
