import OstinatoTensors

/// What a look-up layer looks up: whole numbers, or strings.
public protocol LookupToken: Sendable, Hashable {
  /// The elements of a vocabulary in a file.
  static var dataType: DataType { get }
  /// From an argument of the layer.
  init?(_ value: JSONValue)
  /// As the argument of a layer.
  var config: JSONValue { get }
  /// What is hashed.
  var bytes: [UInt8] { get }
  /// The elements of a vocabulary.
  static func tokens(of tensor: Tensor) -> [Self]
}

extension Int32: LookupToken {
  public init?(_ value: JSONValue) {
    guard let number = value.int.flatMap({ Int32(exactly: $0) }) else { return nil }
    self = number
  }

  public var config: JSONValue { .int(Int(self)) }
  public var bytes: [UInt8] { Array(description.utf8) }
  public static func tokens(of tensor: Tensor) -> [Int32] { tensor.int32s }
}

/// A string as its UTF-8 bytes: two are the same where all bytes are, as in TensorFlow.
public struct StringToken: LookupToken, ExpressibleByStringLiteral {
  public static let dataType = DataType.string
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) { self.bytes = bytes }
  public init(_ text: String) { self.init(bytes: Array(text.utf8)) }
  public init(stringLiteral text: String) { self.init(text) }

  public init?(_ value: JSONValue) {
    guard let text = value.string else { return nil }
    self.init(text)
  }

  /// The string.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
  public var config: JSONValue { .string(text) }
  public static func tokens(of tensor: Tensor) -> [StringToken] { tensor.strings.map { StringToken($0) } }
}
