/// The type of a tensor's elements.
///
/// Every element takes four bytes: Keras models compute in float32, and indices and masks fit an int32. A string is an
/// int32 too: its number among the strings that the tensor carries beside its elements.
public enum DataType: String, Sendable, Hashable, CaseIterable {
  case float32
  case int32
  case string

  /// Bytes per element.
  public static let byteCount = 4
}

/// A Swift type that can be the element of a ``Tensor``.
public protocol TensorElement: Sendable, BitwiseCopyable {
  /// The data type that holds this Swift type.
  static var dataType: DataType { get }
}

extension Float: TensorElement {
  /// `float32`.
  public static var dataType: DataType { .float32 }
}

extension Int32: TensorElement {
  /// `int32`.
  public static var dataType: DataType { .int32 }
}
