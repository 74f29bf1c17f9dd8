/// The extents of a tensor, outermost first: `(batch, time, features)`.
///
/// A shape is a collection of its dimensions and prints as Python prints a tuple: `(3, 784)`, `(10,)`, `()`.
public struct Shape: Sendable, Hashable {
  /// The extents, none negative.
  public private(set) var dimensions: [Int]

  /// - Precondition: no dimension is negative and their product fits an `Int`.
  public init(_ dimensions: [Int]) {
    do throws(ModelError) {
      try self.init(validating: dimensions)
    } catch {
      preconditionFailure(error.description)
    }
  }

  /// A shape from untrusted dimensions.
  /// - Throws: `ModelError.Code.shapeMismatch` when a dimension is negative or the product overflows.
  public init(validating dimensions: [Int]) throws(ModelError) {
    var count = 1
    for dimension in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: Swift.max(dimension, 1))
      guard dimension >= 0, !overflow, product <= Self.maximumCount else {
        throw ModelError(
          .shapeMismatch, "shape \(Self.describe(dimensions))",
          "expected dimensions that are not negative and whose product is at most \(Self.maximumCount)")
      }
      count = product
    }
    self.dimensions = dimensions
  }

  /// The most elements that a shape may have: byte offsets of four-byte elements stay far from overflow.
  public static let maximumCount = Int.max / 64

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The number of elements: the product of the dimensions; 1 for a scalar.
  public var elementCount: Int { dimensions.reduce(1, *) }

  /// The distance in elements between neighbours along each axis, row-major.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * Swift.max(dimensions[axis + 1], 1)
    }
    return strides
  }

  /// The shape with its first dimension replaced: the same rows, another batch.
  public func withBatch(_ batch: Int) -> Shape {
    precondition(rank > 0, "a scalar has no batch axis")
    return Shape([batch] + dimensions.dropFirst())
  }

  private static func describe(_ dimensions: [Int]) -> String {
    let list = dimensions.map(String.init).joined(separator: ", ")
    return dimensions.count == 1 ? "(\(list),)" : "(\(list))"
  }
}

extension Shape: RandomAccessCollection {
  /// The index of the first axis.
  public var startIndex: Int { 0 }
  /// The index past the last axis.
  public var endIndex: Int { dimensions.count }
  /// The extent along `axis`.
  public subscript(axis: Int) -> Int { dimensions[axis] }
}

extension Shape: ExpressibleByArrayLiteral {
  /// `let shape: Shape = [3, 784]`.
  public init(arrayLiteral elements: Int...) {
    self.init(elements)
  }
}

extension Shape: CustomStringConvertible {
  /// As Python prints a tuple.
  public var description: String { Self.describe(dimensions) }
}
