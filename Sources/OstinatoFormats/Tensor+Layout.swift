import OstinatoTensors

extension Tensor {
  /// The axes in another order.
  func transposed(_ order: [Int]) -> Tensor {
    rearranged(Shape(order.map { shape[$0] }), strides: order.map { shape.strides[$0] }, start: 0)
  }

  /// The first `axes` axes the other way round.
  func flipped(axes: Int) -> Tensor {
    let start = (0..<axes).reduce(0) { $0 + max(shape[$1] - 1, 0) * shape.strides[$1] }
    return rearranged(
      shape, strides: shape.strides.enumerated().map { $0.offset < axes ? -$0.element : $0.element }, start: start)
  }

  /// `count` tensors of equally many columns of the last axis.
  func columns(in count: Int) -> [Tensor] {
    let width = (shape.last ?? 0) / count
    let part = Shape(shape.dropLast() + [width])
    return (0..<count).map { rearranged(part, strides: shape.strides, start: $0 * width) }
  }

  /// Tensors side by side along the last axis. They have the same rows.
  static func joined(_ tensors: [Tensor]) -> Tensor {
    let widths = tensors.map { $0.shape.last ?? 1 }
    let rows = (tensors.first?.elementCount ?? 0) / max(widths.first ?? 1, 1)
    guard let first = tensors.first, zip(tensors, widths).allSatisfy({ $0.elementCount == rows * $1 }) else {
      return tensors.first ?? Tensor(zeros: [])
    }
    let parts = tensors.map(\.floats)
    let elements = (0..<rows).flatMap { row in
      zip(parts, widths).flatMap { part, width in part[row * width..<(row + 1) * width] }
    }
    return Tensor(elements, shape: Shape(first.shape.dropLast() + [widths.reduce(0, +)]))
  }

  /// A tensor of `target` whose element at an index is the one at `start` plus the index times `strides`.
  func rearranged(_ target: Shape, strides: [Int], start: Int) -> Tensor {
    let source = floats
    var elements: [Float] = []
    elements.reserveCapacity(target.elementCount)
    var index = [Int](repeating: 0, count: target.rank)
    var offset = start
    for _ in 0..<target.elementCount {
      elements.append(source[offset])
      for axis in stride(from: target.rank - 1, through: 0, by: -1) {
        index[axis] += 1
        offset += strides[axis]
        if index[axis] < target[axis] { break }
        offset -= index[axis] * strides[axis]
        index[axis] = 0
      }
    }
    return Tensor(elements, shape: target)
  }
}
