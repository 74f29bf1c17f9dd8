extension Tensor: ExpressibleByArrayLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A scalar of `float32`.
  public init(floatLiteral value: Float) {
    self.init(scalar: value)
  }

  /// A scalar of `int32`.
  public init(integerLiteral value: Int32) {
    self.init(scalar: value)
  }

  /// Nested rows: `[[1.5, 2], [3, 4]]` has shape `(2, 2)`. One float among the elements makes all of them `float32`.
  /// - Precondition: the rows agree in shape.
  public init(arrayLiteral elements: Tensor...) {
    guard let first = elements.first else {
      self.init([Float](), shape: [0])
      return
    }
    let isUniform = elements.allSatisfy { $0.dataType == first.dataType }
    let dataType: DataType = isUniform ? first.dataType : .float32
    let rows = elements.map { element in
      precondition(element.shape == first.shape, "rows of shapes \(first.shape) and \(element.shape) in one literal")
      return element.converted(to: dataType).reshaped(to: [1] + element.shape.dimensions)
    }
    self = .concatenated(rows)
  }
}
