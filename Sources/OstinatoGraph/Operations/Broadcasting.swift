import OstinatoKernels
import OstinatoTensors

extension Shape {
  /// The shape that both shapes stretch to by NumPy's rule.
  package static func broadcast(_ a: Shape, _ b: Shape) throws(ModelError) -> Shape {
    let rank = Swift.max(a.rank, b.rank)
    let (left, right) = (a.padded(to: rank), b.padded(to: rank))
    var dimensions: [Int] = []
    for axis in 0..<rank {
      guard left[axis] == right[axis] || left[axis] == 1 || right[axis] == 1 else {
        throw ModelError(.shapeMismatch, "", "expected shapes that broadcast together. Received: \(a) and \(b)")
      }
      dimensions.append(left[axis] == 1 ? right[axis] : left[axis])
    }
    return try Shape(validating: dimensions)
  }

  /// The dimensions with ones in front.
  fileprivate func padded(to rank: Int) -> [Int] {
    [Int](repeating: 1, count: rank - self.rank) + dimensions
  }
}

extension StridedLayout {
  /// A contiguous tensor of `shape` read as if it had shape `target`: stretched axes have stride 0.
  package init(broadcasting shape: Shape, to target: Shape) {
    let dimensions = shape.padded(to: target.rank)
    let strides = Shape(dimensions).strides
    self.init(
      extents: target.dimensions,
      strides: zip(zip(dimensions, target), strides).map { pair, stride in pair.0 == pair.1 ? stride : 0 })
  }

  /// Two walks over the same extents, with neighbours merged where both allow it.
  package static func simplifiedPair(_ a: StridedLayout, _ b: StridedLayout) -> (StridedLayout, StridedLayout) {
    var (extents, left, right): ([Int], [Int], [Int]) = ([], [], [])
    for axis in a.extents.indices where a.extents[axis] != 1 {
      let (extent, stepA, stepB) = (a.extents[axis], a.strides[axis], b.strides[axis])
      if let lastA = left.last, let lastB = right.last, lastA == extent * stepA, lastB == extent * stepB {
        extents[extents.count - 1] *= extent
        left[left.count - 1] = stepA
        right[right.count - 1] = stepB
      } else {
        extents.append(extent)
        left.append(stepA)
        right.append(stepB)
      }
    }
    return (
      StridedLayout(extents: extents, strides: left, offset: a.offset),
      StridedLayout(extents: extents, strides: right, offset: b.offset)
    )
  }
}
