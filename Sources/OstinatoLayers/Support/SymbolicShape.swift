import OstinatoTensors

/// A shape as Keras prints it before any data is there: an unknown extent, usually the batch, is `nil` and prints as
/// `None`.
public struct SymbolicShape: Sendable, Hashable {
  /// The extents, outermost first.
  public var dimensions: [Int?]

  /// A shape of the given extents.
  public init(_ dimensions: [Int?]) { self.dimensions = dimensions }

  /// The shape of a tensor.
  public init(_ shape: Shape) { self.dimensions = shape.map { $0 } }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The extent along `axis`; a negative axis counts from the end.
  public subscript(_ axis: Int) -> Int? {
    get { dimensions[axis < 0 ? axis + rank : axis] }
    set { dimensions[axis < 0 ? axis + rank : axis] = newValue }
  }

  /// The product of the extents, or nil when one is unknown.
  public var elementCount: Int? {
    dimensions.reduce(1) { count, dimension in
      guard let count, let dimension else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      return overflow ? nil : product
    }
  }

  /// The shape with every extent known, or nil.
  public var known: Shape? {
    let known = dimensions.compactMap { $0 }
    return known.count == rank ? try? Shape(validating: known) : nil
  }

  /// Whether a tensor of `shape` fits: the ranks agree, and so does every known extent.
  public func admits(_ shape: Shape) -> Bool {
    rank == shape.rank && zip(dimensions, shape).allSatisfy { $0 == nil || $0 == $1 }
  }
}

extension SymbolicShape: ExpressibleByArrayLiteral {
  /// `let shape: SymbolicShape = [nil, 3, 784]`.
  public init(arrayLiteral elements: Int?...) { self.init(elements) }
}

extension SymbolicShape: CustomStringConvertible {
  /// As Python prints it: `(None, 3, 784)`, `(None,)`.
  public var description: String {
    let list = dimensions.map { $0.map(String.init) ?? "None" }.joined(separator: ", ")
    return rank == 1 ? "(\(list),)" : "(\(list))"
  }
}
