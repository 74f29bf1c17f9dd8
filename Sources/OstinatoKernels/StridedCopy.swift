import OstinatoTensors

/// A regular walk over a buffer: element `(i₀, i₁, …)` lies at `offset + Σ iₐ · strides[a]`.
///
/// Strides may be zero (an element repeated) or negative (an axis reversed).
package struct StridedLayout: Sendable, Hashable {
  package let extents: [Int]
  package let strides: [Int]
  package let offset: Int

  package init(extents: [Int], strides: [Int], offset: Int = 0) {
    self.extents = extents
    self.strides = strides
    self.offset = offset
  }

  /// The same walk with axes of extent 1 dropped and neighbours merged where one continues the other.
  package func simplified() -> StridedLayout {
    var (merged, steps): ([Int], [Int]) = ([], [])
    for (extent, stride) in zip(extents, strides) where extent != 1 {
      if let last = steps.last, last == extent * stride {
        merged[merged.count - 1] *= extent
        steps[steps.count - 1] = stride
      } else {
        merged.append(extent)
        steps.append(stride)
      }
    }
    return StridedLayout(extents: merged, strides: steps, offset: offset)
  }

  /// Whether the walk takes `count` steps and stays within `bounds`.
  package func takes(_ count: Int, stepsWithin bounds: Range<Int>) -> Bool {
    guard extents.allSatisfy({ $0 >= 0 }), extents.reduce(1, *) == count else { return false }
    var (lowest, highest) = (offset, offset)
    for (extent, stride) in zip(extents, strides) where count > 0 {
      let (reach, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      guard !overflow, reach.magnitude < Shape.maximumCount else { return false }
      if reach < 0 { lowest += reach } else { highest += reach }
    }
    return count == 0 || (lowest >= bounds.lowerBound && highest < bounds.upperBound)
  }

  /// Elements along the last axis; 1 for a scalar.
  package var lineLength: Int { extents.last ?? 1 }
  /// Lines along the last axis.
  package var lineCount: Int { extents.dropLast().reduce(1, *) }

  /// The offset of the first element of line `line`.
  package func offset(ofLine line: Int) -> Int {
    var (rest, position) = (line, offset)
    for axis in stride(from: extents.count - 2, through: 0, by: -1) {
      let (quotient, index) = rest.quotientAndRemainder(dividingBy: extents[axis])
      position += index * strides[axis]
      rest = quotient
    }
    return position
  }
}

/// Copies `cells` runs of `width` elements to places `stride` apart.
package func scatter(_ x: Source, to y: Target, cells: Int, width: Int, stride: Int) {
  if width == 1 {
    for cell in 0..<cells { y[cell * stride] = x[cell] }
  } else {
    for cell in 0..<cells { (y + cell * stride).update(from: x + cell * width, count: width) }
  }
}

/// Copies lines `lines` of the walk over `x` to consecutive places in `y`.
package func gather(_ layout: StridedLayout, lines: Range<Int>, from x: Source, to y: Target) {
  let (length, step) = (layout.lineLength, layout.strides.last ?? 1)
  for line in lines {
    let (source, target) = (x + layout.offset(ofLine: line), y + line * length)
    switch step {
    case 1: target.update(from: source, count: length)
    case 0: target.update(repeating: source[0], count: length)
    default: for index in 0..<length { target[index] = source[index * step] }
    }
  }
}
