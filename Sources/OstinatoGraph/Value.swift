import OstinatoTensors

/// What a value is at compile time: its shape and element type.
public struct ValueType: Sendable, Hashable, CustomStringConvertible {
  /// The extents, all known.
  public let shape: Shape
  /// The element type.
  public let dataType: DataType

  /// The type of a value.
  public init(_ shape: Shape, _ dataType: DataType = .float32) {
    self.shape = shape
    self.dataType = dataType
  }

  /// Bytes that a value of this type takes.
  package var byteCount: Int { shape.elementCount * DataType.byteCount }

  /// Shape and element type: `(8, 10) float32`.
  public var description: String { "\(shape) \(dataType.rawValue)" }
}

/// A value in a graph under construction: what an operation gives and another takes.
public struct Value: Sendable, Hashable {
  package let id: Int
  /// Shape and element type.
  public let type: ValueType

  package init(id: Int, type: ValueType) {
    self.id = id
    self.type = type
  }

  /// The extents.
  public var shape: Shape { type.shape }
  /// The element type.
  public var dataType: DataType { type.dataType }
}
