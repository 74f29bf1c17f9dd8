/// A ruled table of given width, as Python's `rich` draws it for Keras' summary.
struct SummaryTable {
  struct Column {
    let title: String
    /// Where the column ends, as a share of the table's width.
    let end: Double
    let alignment: CellText.Alignment

    static let ofChain = [
      Column(title: "Layer (type)", end: 0.45, alignment: .left),
      Column(title: "Output Shape", end: 0.8, alignment: .left),
      Column(title: "Param #", end: 1, alignment: .right),
    ]
    static let ofGraph = [
      Column(title: "Layer (type)", end: 0.3, alignment: .left),
      Column(title: "Output Shape", end: 0.56, alignment: .left),
      Column(title: "Param #", end: 0.74, alignment: .right),
      Column(title: "Connected to", end: 1, alignment: .left),
    ]
    static let trainable = Column(title: "Trainable", end: 1, alignment: .center)

    /// The column where another follows the last.
    var narrowed: Column { Column(title: title, end: end * 0.9, alignment: alignment) }
  }

  /// One kind of horizontal rule.
  private struct Rule {
    let left, line, crossing, right: String

    static let top = Rule(left: "┏", line: "━", crossing: "┳", right: "┓")
    static let head = Rule(left: "┡", line: "━", crossing: "╇", right: "┩")
    static let middle = Rule(left: "├", line: "─", crossing: "┼", right: "┤")
    static let bottom = Rule(left: "└", line: "─", crossing: "┴", right: "┘")
  }

  private let columns: [Column]
  /// The columns' widths with a blank on both sides.
  private let widths: [Int]
  private let rows: [[String]]

  init(columns: [Column], width: Int, rows: [[String]]) {
    self.columns = columns
    self.widths = Self.widths(of: columns, in: width)
    self.rows = rows
  }

  /// The widths that Keras asks for are too wide by blanks and rules: every column gives a share of the excess.
  private static func widths(of columns: [Column], in width: Int) -> [Int] {
    let ends = columns.map { Int($0.end * Double(width)) }
    let wanted = zip(ends, [0] + ends).map { $0 - $1 + 2 }
    var excess = wanted.reduce(0, +) - (width - columns.count - 1)
    return wanted.enumerated().map { index, wanted in
      let share = (Double(excess) / Double(columns.count - index)).rounded(.toNearestOrEven)
      let given = min(wanted - 3, Int(share))
      excess -= given
      return wanted - given
    }
  }

  /// The lines of the table.
  var lines: [String] {
    var lines = [line(.top)] + cells(columns.map(\.title), ruledBy: "┃")
    for (index, row) in rows.enumerated() {
      lines.append(line(index == 0 ? .head : .middle))
      lines += cells(row, ruledBy: "│")
    }
    return lines + [line(.bottom)]
  }

  private func line(_ rule: Rule) -> String {
    let parts = widths.map { String(repeating: rule.line, count: $0) }
    return rule.left + parts.joined(separator: rule.crossing) + rule.right
  }

  /// The lines of one row: as many as its tallest cell has.
  private func cells(_ texts: [String], ruledBy rule: String) -> [String] {
    let cells = zip(texts, zip(columns, widths)).map { text, column in
      CellText.wrap(text, width: column.1 - 2, folds: false).map {
        CellText.align($0, column.0.alignment, width: column.1 - 2)
      }
    }
    return (0..<(cells.map(\.count).max() ?? 0)).map { index in
      let parts = zip(cells, widths).map { cell, width in
        index < cell.count ? " \(cell[index]) " : String(repeating: " ", count: width)
      }
      return rule + parts.joined(separator: rule) + rule
    }
  }
}
