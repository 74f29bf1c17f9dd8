/// A border around an array, seen as lines: the last axis that has a border, with all that lies below it.
package struct Border: Sendable {
  /// An axis: cells of border before, cells of input, cells of border after.
  private typealias Axis = (before: Int, input: Int, after: Int)

  /// The axes above the lines, neighbours without a border merged.
  private let outer: [Axis]
  /// Floats of a line.
  private let line: Axis

  package init(input: [Int], before: [Int], after: [Int]) {
    var axes: [Axis] = []
    for (input, (before, after)) in zip(input, zip(before, after)) {
      if before + after == 0, let last = axes.last, last.before + last.after == 0 {
        axes[axes.count - 1].input *= input
      } else {
        axes.append((before, input, after))
      }
    }
    var inner = 1
    while let last = axes.last, last.before + last.after == 0, axes.count > 1 {
      inner *= last.input
      axes.removeLast()
    }
    let last = axes.popLast() ?? (0, 1, 0)
    line = (last.before * inner, last.input * inner, last.after * inner)
    outer = axes
  }

  /// Lines of the output.
  package var lines: Int { outer.reduce(1) { $0 * ($1.before + $1.input + $1.after) } }
  fileprivate var lineLength: Int { line.before + line.input + line.after }
  fileprivate var content: Range<Int> { line.before..<line.before + line.input }

  /// The line of the input that fills line `line` of the output; nil for one that is all border.
  fileprivate func source(ofLine line: Int) -> Int? {
    var (rest, source, stride) = (line, 0, 1)
    for axis in outer.reversed() {
      let (quotient, index) = rest.quotientAndRemainder(dividingBy: axis.before + axis.input + axis.after)
      guard index >= axis.before, index < axis.before + axis.input else { return nil }
      source += (index - axis.before) * stride
      stride *= axis.input
      rest = quotient
    }
    return source
  }
}

/// Writes lines `lines` of the bordered array: `value` in the border, the input within.
package func pad(_ border: Border, lines: Range<Int>, with value: Float, from x: Source, to y: Target) {
  let (length, content) = (border.lineLength, border.content)
  for line in lines {
    let target = y + line * length
    guard let source = border.source(ofLine: line) else {
      target.update(repeating: value, count: length)
      continue
    }
    target.update(repeating: value, count: content.lowerBound)
    (target + content.lowerBound).update(from: x + source * content.count, count: content.count)
    (target + content.upperBound).update(repeating: value, count: length - content.upperBound)
  }
}
