/// A dense, row-major array of `float32`, `int32` or `string` elements.
///
/// A tensor is a value: copies share their bytes until one of them is written to. Storage is 64-byte aligned unless it
/// was borrowed from the caller.
///
/// ```swift
/// var x = Tensor(zeros: [2, 3])
/// x[1, 2] = 7
/// let y: Tensor = [[1, 2, 3], [4, 5, 6]]      // int32, shape (2, 3)
/// ```
public struct Tensor: Sendable {
  /// The extents, outermost first.
  public let shape: Shape
  /// The type of the elements.
  public let dataType: DataType
  /// What the elements of a string tensor are numbers of; several may have the same.
  package let stringTable: [String]
  private var storage: TensorStorage

  private init(shape: Shape, dataType: DataType, storage: TensorStorage, stringTable: [String] = []) {
    self.shape = shape
    self.dataType = dataType
    self.storage = storage
    self.stringTable = stringTable
  }

  /// The number of elements.
  public var elementCount: Int { shape.elementCount }

  /// The number of bytes that the elements take.
  public var byteCount: Int { elementCount * DataType.byteCount }
}

// MARK: - Construction

extension Tensor {
  /// A tensor of zeros.
  public init(zeros shape: Shape, dataType: DataType = .float32) {
    self.init(uninitialized: shape, dataType: dataType) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
  }

  /// A tensor from row-major elements.
  /// - Precondition: `elements` has as many elements as `shape`.
  public init<Element: TensorElement>(_ elements: [Element], shape: Shape) {
    precondition(
      elements.count == shape.elementCount, "shape \(shape) takes \(shape.elementCount) elements, not \(elements.count)"
    )
    self.init(uninitialized: shape, dataType: Element.dataType) { bytes in
      elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }

  /// A vector: `Tensor([1.5, 2])` has shape `(2,)`.
  public init<Element: TensorElement>(_ elements: [Element]) {
    self.init(elements, shape: [elements.count])
  }

  /// A scalar of shape `()`.
  public init<Element: TensorElement>(scalar: Element) {
    self.init([scalar], shape: [])
  }

  /// A tensor that copies row-major elements from `bytes`.
  /// - Precondition: `bytes` holds exactly the elements of `shape`.
  public init(copying bytes: UnsafeRawBufferPointer, shape: Shape, dataType: DataType = .float32) {
    Self.checkByteCount(bytes, shape)
    self.init(shape: shape, dataType: dataType, storage: TensorStorage(copying: bytes))
  }

  /// A tensor over row-major elements that somebody else owns, without a copy.
  ///
  /// The bytes must stay valid and unchanged until `release` is called, which happens once, when the last tensor over
  /// them is gone. Writing to the tensor copies it first. Bytes that are not aligned to an element are copied at once.
  /// - Precondition: `bytes` holds exactly the elements of `shape`.
  public init(
    borrowing bytes: UnsafeRawBufferPointer, shape: Shape, dataType: DataType = .float32,
    release: @escaping @Sendable () -> Void
  ) {
    Self.checkByteCount(bytes, shape)
    guard let base = bytes.baseAddress, Int(bitPattern: base).isMultiple(of: DataType.byteCount) else {
      self.init(shape: shape, dataType: dataType, storage: TensorStorage(copying: bytes))
      release()
      return
    }
    self.init(
      shape: shape, dataType: dataType,
      storage: TensorStorage(foreign: base, byteCount: bytes.count, release: release))
  }

  /// A tensor whose elements `initialize` writes, all of them.
  public init<Failure: Error>(
    uninitialized shape: Shape, dataType: DataType = .float32,
    initialize: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try self.init(
      shape, dataType, TensorStorage(byteCount: shape.elementCount * DataType.byteCount), initialize: initialize)
  }

  /// A tensor whose elements `initialize` writes, all of them, to what `memory` has for it.
  package init<Failure: Error>(
    uninitialized shape: Shape, dataType: DataType = .float32, in memory: any TensorMemory,
    initialize: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try self.init(
      shape, dataType, memory.storage(byteCount: shape.elementCount * DataType.byteCount), initialize: initialize)
  }

  private init<Failure: Error>(
    _ shape: Shape, _ dataType: DataType, _ storage: TensorStorage,
    initialize: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try initialize(UnsafeMutableRawBufferPointer(start: storage.base, count: storage.byteCount))
    self.init(shape: shape, dataType: dataType, storage: storage)
  }

  /// A tensor of strings whose elements are numbers of `stringTable`.
  package init(numbers: Tensor, stringTable: [String]) {
    self.init(shape: numbers.shape, dataType: .string, storage: numbers.storage, stringTable: stringTable)
  }

  private static func checkByteCount(_ bytes: UnsafeRawBufferPointer, _ shape: Shape) {
    let expected = shape.elementCount * DataType.byteCount
    precondition(bytes.count == expected, "shape \(shape) takes \(expected) bytes, not \(bytes.count)")
  }
}

// MARK: - Bytes

extension Tensor {
  /// Calls `body` with the row-major elements.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result = try body(storage.bytes)
    extendLifetime(storage)
    return result
  }

  /// Calls `body` with the row-major elements, to be changed in place. Copies them first if they are shared.
  public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if !storage.isOwned || !isKnownUniquelyReferenced(&storage) {
      storage = TensorStorage(copying: storage.bytes)
    }
    return try body(UnsafeMutableRawBufferPointer(start: storage.base, count: storage.byteCount))
  }

  /// Calls `body` with the row-major elements as `Element`s.
  /// - Precondition: `Element` is the Swift type of ``dataType``.
  public func withUnsafeElements<Element: TensorElement, Result, Failure: Error>(
    of type: Element.Type = Element.self, _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(dataType == Element.dataType, "the tensor holds \(dataType.rawValue), not \(type)")
    let elements = UnsafeBufferPointer(
      start: UnsafeRawPointer(storage.base).assumingMemoryBound(to: Element.self), count: elementCount)
    let result = try body(elements)
    extendLifetime(storage)
    return result
  }

  /// The address of the elements, valid while this tensor, or a copy that shares its bytes, lives.
  package var baseAddress: UnsafeRawPointer { UnsafeRawPointer(storage.base) }

  /// The address of the elements for writing, valid while this tensor lives. Copies them first if they are shared.
  package var mutableBaseAddress: UnsafeMutableRawPointer {
    mutating get { withUnsafeMutableBytes { _ in }; return storage.base }
  }
}

// MARK: - Shape and type

extension Tensor {
  /// The same elements, without a copy, under another shape. One dimension may be -1: it takes what is left.
  /// - Precondition: the element counts agree.
  public func reshaped(to dimensions: [Int]) -> Tensor {
    var dimensions = dimensions
    if let free = dimensions.firstIndex(of: -1) {
      let known = dimensions.enumerated().reduce(1) { $1.offset == free ? $0 : $0 * $1.element }
      dimensions[free] = known == 0 ? 0 : elementCount / known
    }
    let target = Shape(dimensions)
    precondition(
      target.elementCount == elementCount, "cannot reshape \(shape) to \(target): the element counts differ")
    return Tensor(shape: target, dataType: dataType, storage: storage, stringTable: stringTable)
  }

  /// The same elements, without a copy, under another shape.
  /// - Precondition: the element counts agree.
  public func reshaped(to shape: Shape) -> Tensor {
    reshaped(to: shape.dimensions)
  }

  /// The elements as `dataType`. Floats are truncated towards zero; what an int32 cannot hold saturates, NaN gives 0.
  /// - Precondition: strings are not asked to become numbers, nor numbers strings.
  public func converted(to dataType: DataType) -> Tensor {
    switch (self.dataType, dataType) {
    case (.float32, .int32): return Tensor(floats.map(Int32.init(saturating:)), shape: shape)
    case (.int32, .float32): return Tensor(int32s.map(Float.init), shape: shape)
    default:
      precondition(self.dataType == dataType, "\(self.dataType.rawValue) elements do not become \(dataType.rawValue)")
      return self
    }
  }

  /// The elements as an array of floats, row-major.
  public var floats: [Float] {
    switch dataType {
    case .float32: withUnsafeElements(of: Float.self, Array.init)
    case .int32: withUnsafeElements(of: Int32.self) { $0.map(Float.init) }
    case .string: preconditionFailure("strings are not numbers")
    }
  }

  /// The elements as an array of 32-bit integers, row-major, converted as ``converted(to:)`` does.
  public var int32s: [Int32] {
    switch dataType {
    case .float32: withUnsafeElements(of: Float.self) { $0.map(Int32.init(saturating:)) }
    case .int32: withUnsafeElements(of: Int32.self, Array.init)
    case .string: preconditionFailure("strings are not numbers")
    }
  }
}

extension Int32 {
  /// `value` truncated towards zero and clamped to the range; 0 for NaN.
  @inlinable package init(saturating value: Float) {
    if value.isNaN {
      self = 0
    } else if value >= 2_147_483_648 {
      self = .max
    } else if value <= -2_147_483_648 {
      self = .min
    } else {
      self = Int32(value)
    }
  }
}
