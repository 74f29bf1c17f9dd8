#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import OstinatoTensors

/// A JSON document as Keras writes it: Python's `NaN` and `Infinity` are numbers.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// - Parameter name: what the error calls the document: a file and its member.
  /// - Throws: `ModelError.Code.malformedFile` when the bytes are not JSON.
  public init(parsing bytes: [UInt8], name: String) throws(ModelError) {
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      self = try decoder.decode(JSONValue.self, from: Data(bytes))
    } catch {
      throw ModelError(.malformedFile, name, "expected JSON. Received: \(Self.reason(error))")
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard case DecodingError.dataCorrupted(let context) = error else { return "\(error)" }
    return context.underlyingError.map { "\($0)" } ?? context.debugDescription
  }

  /// The members of an object, or nil.
  public var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
  /// The elements of an array, or nil.
  public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  /// A string, or nil.
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// A truth value, or nil.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// A whole number, or nil.
  public var int: Int? {
    switch self {
    case .int(let value): value
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  /// A number, or nil.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The member called `key` of an object, or nil.
  public subscript(_ key: String) -> JSONValue? { object?[key] }
}

extension JSONValue: Codable {
  /// Reads any JSON value.
  public init(from decoder: any Decoder) throws {
    if var list = try? decoder.unkeyedContainer() {
      var elements: [JSONValue] = []
      while !list.isAtEnd { elements.append(try list.decode(JSONValue.self)) }
      self = .array(elements)
    } else if let members = try? decoder.container(keyedBy: Key.self) {
      self = .object(
        try members.allKeys.reduce(into: [:]) { $0[$1.stringValue] = try members.decode(JSONValue.self, forKey: $1) })
    } else {
      self = try Self.scalar(decoder.singleValueContainer())
    }
  }

  private static func scalar(_ value: any SingleValueDecodingContainer) throws -> JSONValue {
    if value.decodeNil() { return .null }
    if let text = try? value.decode(String.self) { return .string(text) }
    if let flag = try? value.decode(Bool.self) { return .bool(flag) }
    if let number = try? value.decode(Int.self) { return .int(number) }
    return .double(try value.decode(Double.self))
  }

  /// Writes any JSON value.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .null: try value.encodeNil()
    case .bool(let flag): try value.encode(flag)
    case .int(let number): try value.encode(number)
    case .double(let number): try value.encode(number)
    case .string(let text): try value.encode(text)
    case .array(let elements): try value.encode(elements)
    case .object(let members): try value.encode(members)
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension JSONValue: CustomStringConvertible {
  /// The value as Python would print it, cut short where it is long.
  public var description: String {
    let text =
      switch self {
      case .null: "None"
      case .bool(let flag): flag ? "True" : "False"
      case .int(let number): "\(number)"
      case .double(let number): "\(number)"
      case .string(let text): "'\(text)'"
      case .array(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
      case .object(let members):
        "{" + members.sorted { $0.key < $1.key }.map { "'\($0.key)': \($0.value)" }.joined(separator: ", ") + "}"
      }
    return text.count > 200 ? text.prefix(200) + "…" : text
  }
}
