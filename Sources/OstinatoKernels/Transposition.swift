import CKernels

/// A walk along whose last axis elements lie apart, and next to each other along another one: that is, matrices to
/// transpose.
package struct Transposition: Sendable {
  /// Extent and stride of the walk's last axis.
  private let rows: Int
  private let ldx: Int
  /// Extent of the axis along which elements are neighbours, and what it strides over in the result.
  private let columns: Int
  private let ldy: Int
  /// Where the matrices begin, and where the results do.
  private let sources: StridedLayout
  private let targets: StridedLayout
  /// How many columns are moved at once.
  private let share: Int

  /// Nil for other walks.
  package init?(_ layout: StridedLayout) {
    guard let rows = layout.extents.last, let ldx = layout.strides.last, ldx > 1,
      let axis = layout.strides.dropLast().lastIndex(of: 1)
    else { return nil }
    var (extents, strides) = (layout.extents, layout.strides)
    var resultStrides = layout.strides
    var step = 1
    for axis in extents.indices.reversed() {
      resultStrides[axis] = step
      step *= extents[axis]
    }
    self.rows = rows
    self.ldx = ldx
    columns = extents[axis]
    ldy = resultStrides[axis]
    share = max(Self.leastColumns, Self.mostElements / max(rows, 1) / Self.leastColumns * Self.leastColumns)
    extents.remove(at: axis)
    strides.remove(at: axis)
    resultStrides.remove(at: axis)
    sources = StridedLayout(extents: extents, strides: strides, offset: layout.offset)
    targets = StridedLayout(extents: extents, strides: resultStrides)
  }

  /// A line of the cache.
  private static let leastColumns = 16
  /// Half of the fastest cache.
  private static let mostElements = 4096

  /// Pieces of work.
  package var units: Int { sources.lineCount * shares }

  private var shares: Int { (columns + share - 1) / share }

  package func run(_ units: Range<Int>, from x: Source, to y: Target) {
    for unit in units {
      let (matrix, part) = unit.quotientAndRemainder(dividingBy: shares)
      let first = part * share
      ck_transpose_f32(
        rows, min(share, columns - first), x + sources.offset(ofLine: matrix) + first, ldx,
        y + targets.offset(ofLine: matrix) + first * ldy, ldy)
    }
  }
}
