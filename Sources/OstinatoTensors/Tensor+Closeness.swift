/// The element where two tensors differ most, measured against a tolerance.
public struct TensorDifference: Sendable, CustomStringConvertible {
  /// The position of the element, one index per axis.
  public let index: [Int]
  /// The element that came.
  public let actual: Float
  /// The element that was expected.
  public let expected: Float
  /// How many elements are outside the tolerance.
  public let count: Int
  /// How many elements were compared.
  public let total: Int

  /// The distance between the two elements; infinite where only one of them is NaN.
  public var absolute: Float {
    let distance = abs(actual - expected)
    return distance.isNaN ? .infinity : distance
  }

  /// One line: where, what was expected, what came, and how many differ.
  public var description: String {
    "element \(Shape(index)): expected \(expected), received \(actual) "
      + "(difference \(absolute); \(count) of \(total) elements differ)"
  }
}

extension Tensor {
  /// The worst element outside `|actual − expected| ≤ absolute + relative · |expected|`, or nil when there is none.
  ///
  /// Equal infinities agree, and so do two NaNs.
  /// - Precondition: the shapes agree.
  public func difference(
    from expected: Tensor, relative: Float = 1e-5, absolute: Float = 1e-6
  ) -> TensorDifference? {
    precondition(shape == expected.shape, "cannot compare \(shape) with \(expected.shape)")
    let (lhs, rhs) = (floats, expected.floats)
    var worst: (offset: Int, excess: Float)?
    var count = 0
    for offset in lhs.indices where !(lhs[offset] == rhs[offset] || (lhs[offset].isNaN && rhs[offset].isNaN)) {
      let excess = abs(lhs[offset] - rhs[offset]) - (absolute + relative * abs(rhs[offset]))
      guard !(excess <= 0) else { continue }
      count += 1
      let rank = excess.isNaN ? Float.infinity : excess
      if worst.map({ rank > $0.excess }) ?? true { worst = (offset, rank) }
    }
    return worst.map { worst in
      TensorDifference(
        index: index(of: worst.offset), actual: lhs[worst.offset], expected: rhs[worst.offset], count: count,
        total: lhs.count)
    }
  }

  /// Whether the shapes agree and every element is within the tolerance of ``difference(from:relative:absolute:)``.
  public func isClose(to expected: Tensor, relative: Float = 1e-5, absolute: Float = 1e-6) -> Bool {
    shape == expected.shape && difference(from: expected, relative: relative, absolute: absolute) == nil
  }

  private func index(of offset: Int) -> [Int] {
    zip(shape, shape.strides).map { dimension, stride in (offset / stride) % dimension }
  }
}

extension Tensor: Equatable {
  /// Whether type, shape and all elements are equal bit by bit.
  public static func == (lhs: Tensor, rhs: Tensor) -> Bool {
    guard lhs.shape == rhs.shape, lhs.dataType == rhs.dataType else { return false }
    guard lhs.dataType != .string else { return lhs.strings == rhs.strings }
    return lhs.withUnsafeBytes { left in rhs.withUnsafeBytes { right in left.elementsEqual(right) } }
  }
}
