import OstinatoTensors

/// Reads one JSON document as Python writes it: `NaN`, `Infinity` and `-Infinity` are numbers, and of equal keys the
/// last one counts. Takes time and memory in proportion to the document.
struct JSONParser {
  /// Lists and objects inside one another: what a model needs many times over, and a thread's stack holds.
  static let deepest = 512

  /// What was expected, and where.
  struct Failure: Error {
    let message: String
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The value that all of the bytes are.
  mutating func document() throws(Failure) -> JSONValue {
    let value = try value(depth: 0)
    guard peek() == nil else { throw failure("the end") }
    return value
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth <= Self.deepest else { throw failure("at most \(Self.deepest) lists and objects inside one another") }
    switch peek() {
    case UInt8(ascii: "{"): return .object(try members(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try elements(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try string())
    case let byte?:
      if !Self.digits.contains(byte), let word = word() { return word }
      return try number()
    case nil: throw failure("a value")
    }
  }

  private mutating func members(depth: Int) throws(Failure) -> [String: JSONValue] {
    position += 1
    var members: [String: JSONValue] = [:]
    if take("}") { return members }
    repeat {
      guard peek() == UInt8(ascii: "\"") else { throw failure("a key in double quotes") }
      let key = try string()
      guard take(":") else { throw failure("':'") }
      members[key] = try value(depth: depth)
    } while take(",")
    guard take("}") else { throw failure("',' or '}'") }
    return members
  }

  private mutating func elements(depth: Int) throws(Failure) -> [JSONValue] {
    position += 1
    var elements: [JSONValue] = []
    if take("]") { return elements }
    repeat { elements.append(try value(depth: depth)) } while take(",")
    guard take("]") else { throw failure("',' or ']'") }
    return elements
  }

  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

  private mutating func word() -> JSONValue? {
    for (word, value) in Self.words where take(word) { return value }
    return nil
  }

  private static let words: [(StaticString, JSONValue)] = [
    ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("NaN", .double(.nan)),
    ("Infinity", .double(.infinity)), ("-Infinity", .double(-.infinity)),
  ]

  /// A whole number where an `Int` holds it, else a floating-point number.
  private mutating func number() throws(Failure) -> JSONValue {
    let digits = bytes[position...].prefix { "+-.0123456789Ee".utf8.contains($0) }
    let text = String(decoding: digits, as: UTF8.self)
    let isPlain = digits.first != UInt8(ascii: "+") && digits.first != UInt8(ascii: ".")
    guard isPlain, let value = Int(text).map(JSONValue.int) ?? Double(text).map(JSONValue.double) else {
      throw failure("a value")
    }
    position = digits.endIndex
    return value
  }
}

// MARK: - Strings

extension JSONParser {
  private mutating func string() throws(Failure) -> String {
    position += 1
    var text = ""
    while position < bytes.count {
      let plain = bytes[position...].prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
      position = plain.endIndex
      guard let part = String(validating: UnsafeBufferPointer(rebasing: plain), as: UTF8.self) else {
        throw failure("text in UTF-8")
      }
      text += part
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\\") else { break }
      position += 1
      text.unicodeScalars.append(try escaped())
    }
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw failure("a closing quote") }
    position += 1
    return text
  }

  /// What stands after a backslash.
  private mutating func escaped() throws(Failure) -> Unicode.Scalar {
    guard position < bytes.count else { throw failure("an escape") }
    let letter = bytes[position]
    if letter == UInt8(ascii: "u") { return try codeUnits() }
    guard let scalar = Self.escapes[letter] else { throw failure("an escape") }
    position += 1
    return scalar
  }

  private static let escapes: [UInt8: Unicode.Scalar] = [
    UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
    UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
  ]

  /// `\u0041`, or two of them that are one scalar. One half of a pair becomes the replacement character.
  private mutating func codeUnits() throws(Failure) -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let isPair = bytes[position...].starts(with: "\\u".utf8)
    guard UTF16.isLeadSurrogate(first), isPair else { return "\u{FFFD}" }
    let start = position
    position += 1
    let second = try codeUnit()
    guard UTF16.isTrailSurrogate(second) else {
      position = start
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func codeUnit() throws(Failure) -> UInt16 {
    let digits = bytes[position...].dropFirst().prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits") }
    position = digits.endIndex
    return unit
  }
}

// MARK: - Characters

extension JSONParser {
  /// The next byte that is not blank.
  private mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): position += 1
      case let byte: return byte
      }
    }
    return nil
  }

  private mutating func take(_ word: StaticString) -> Bool {
    guard peek() == word.utf8Start.pointee else { return false }
    let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard bytes[position...].starts(with: letters) else { return false }
    position += letters.count
    return true
  }

  private func failure(_ expected: String) -> Failure {
    let place = position < bytes.count ? "at byte \(position)" : "where it ends, at byte \(position)"
    return Failure(message: "expected JSON with \(expected) \(place)")
  }
}
