extension Tensor {
  /// A tensor of strings from row-major elements.
  /// - Precondition: `strings` has as many elements as `shape`.
  public init(_ strings: [String], shape: Shape) {
    self.init(numbers: Tensor((0..<strings.count).map { Int32($0) }, shape: shape), stringTable: strings)
  }

  /// A vector of strings.
  public init(_ strings: [String]) {
    self.init(strings, shape: [strings.count])
  }

  /// The elements of a tensor of strings, row-major.
  /// - Precondition: the tensor holds strings.
  public var strings: [String] {
    precondition(dataType == .string, "the tensor holds \(dataType.rawValue), not strings")
    return stringNumbers.map { stringTable[Int($0)] }
  }

  private var stringNumbers: [Int32] {
    withUnsafeBytes { bytes in Array(bytes.bindMemory(to: Int32.self)) }
  }

  /// Tensors of strings of equal row shape one after another along the first axis.
  static func concatenatedStrings(_ tensors: [Tensor], shape: Shape) -> Tensor {
    Tensor(tensors.flatMap(\.strings), shape: shape)
  }
}

extension Tensor: ExpressibleByStringLiteral {
  /// A scalar of `string`: `let words: Tensor = [["fox", "dog"]]` has shape `(1, 2)`.
  public init(stringLiteral value: String) {
    self.init([value], shape: [])
  }
}
