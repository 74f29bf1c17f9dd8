/// How the cells along one axis become other cells: each output takes a run of input cells with weights.
package struct ResamplingTable: Sendable, Hashable {
  /// What one output sees.
  package struct Cell: Sendable, Hashable {
    /// The first input cell.
    package let start: Int
    /// One weight per input cell, at least one.
    package let weights: [Float]

    package init(start: Int, weights: [Float]) {
      self.start = start
      self.weights = weights
    }
  }

  package let cells: [Cell]

  /// A table has an entry per output: no image is wider.
  package static let largestCount = 1 << 20

  package init(_ cells: [Cell]) {
    self.cells = cells
  }
}

/// What becomes of the weighted cells that one output sees.
package enum ResamplingFunction: String, Sendable, Hashable {
  case sum, maximum
}

/// Resamples the middle axis of `(outer, n, inner)`: output line `u` is cell `u % cells` of outer row `u / cells`.
package func resample(
  _ table: ResamplingTable, _ function: ResamplingFunction, lines: Range<Int>, n: Int, inner: Int, from x: Source,
  to y: Target
) {
  for line in lines {
    let (row, index) = line.quotientAndRemainder(dividingBy: table.cells.count)
    let cell = table.cells[index]
    let (source, target) = (x + (row * n + cell.start) * inner, y + line * inner)
    for (step, weight) in cell.weights.enumerated() {
      let values = source + step * inner
      switch function {
      case _ where step == 0: for index in 0..<inner { target[index] = weight * values[index] }
      case .sum: for index in 0..<inner { target[index] += weight * values[index] }
      case .maximum:
        for index in 0..<inner {
          let value = weight * values[index]
          if value > target[index] || value.isNaN { target[index] = value }
        }
      }
    }
  }
}
