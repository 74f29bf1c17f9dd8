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
    do throws(JSONParser.Failure) {
      self = try bytes.withUnsafeBufferPointer { bytes throws(JSONParser.Failure) in
        var parser = JSONParser(bytes)
        return try parser.document()
      }
    } catch {
      throw ModelError(.malformedFile, name, error.message)
    }
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

  /// A whole number that can be a place in a list, or nil.
  package var place: Int? { int.flatMap { (0...Int(Int32.max)).contains($0) ? $0 : nil } }

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

extension JSONValue {
  /// Stands in a config for what Keras has no way to write.
  package static func inexpressible(_ what: String) -> JSONValue { .object([inexpressibleKey: .string(what)]) }

  private static let inexpressibleKey = "ostinato"

  /// The first thing in here that Keras has no way to write, or nil.
  package var inexpressible: String? {
    switch self {
    case .array(let elements): elements.lazy.compactMap(\.inexpressible).first
    case .object(let members):
      members[Self.inexpressibleKey]?.string ?? members.values.lazy.compactMap(\.inexpressible).first
    default: nil
    }
  }
}

extension JSONValue: Encodable {
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
      case .array(let elements): "[" + elements.prefix(100).map(\.description).joined(separator: ", ") + "]"
      case .object(let members):
        "{" + members.sorted { $0.key < $1.key }.prefix(100).map { "'\($0.key)': \($0.value)" }.joined(separator: ", ")
          + "}"
      }
    return text.count > 200 ? text.prefix(200) + "…" : text
  }
}
