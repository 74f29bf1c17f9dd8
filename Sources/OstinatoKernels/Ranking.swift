/// Which element of a row wins.
package enum Extremum: String, Sendable, Hashable {
  case argmax, argmin

  /// The index of the winner in each of `rows` rows of `n` elements, the first of equals; a NaN wins.
  package func apply(_ x: Source, _ y: UnsafeMutablePointer<Int32>, rows: Range<Int>, n: Int) {
    for row in rows {
      let line = x + row * n
      var best = 0
      for index in 0..<n where beats(line[index], line[best]) { best = index }
      y[row] = Int32(best)
    }
  }

  /// The same for whole numbers.
  package func apply(_ x: UnsafePointer<Int32>, _ y: UnsafeMutablePointer<Int32>, rows: Range<Int>, n: Int) {
    for row in rows {
      let line = x + row * n
      var best = 0
      for index in 0..<n where self == .argmax ? line[index] > line[best] : line[index] < line[best] { best = index }
      y[row] = Int32(best)
    }
  }

  private func beats(_ candidate: Float, _ best: Float) -> Bool {
    if candidate.isNaN || best.isNaN { return candidate.isNaN && !best.isNaN }
    return self == .argmax ? candidate > best : candidate < best
  }
}

/// Sorts each of `rows` rows of `n` elements and keeps the first `k`: their values and where they stood. Equal elements
/// keep their order, NaNs come last.
package func rank<Element: Comparable>(
  _ x: UnsafePointer<Element>, values: UnsafeMutablePointer<Element>, indices: UnsafeMutablePointer<Int32>,
  rows: Range<Int>, n: Int, k: Int, descending: Bool
) {
  for row in rows {
    let line = x + row * n
    func precedes(_ left: Int, _ right: Int) -> Bool {
      let (a, b) = (line[left], line[right])
      if a != a || b != b { return a == a || (b != b && left < right) }
      return a == b ? left < right : (a > b) == descending
    }
    for (place, index) in (0..<n).sorted(by: precedes).prefix(k).enumerated() {
      values[row * k + place] = line[index]
      indices[row * k + place] = Int32(index)
    }
  }
}
