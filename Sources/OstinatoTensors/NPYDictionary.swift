/// A parser of the one Python dict literal that a `.npy` header is, and of nothing else.
struct NPYDictionary {
  struct Fields {
    var descriptor: String
    var isFortranOrder: Bool
    var dimensions: [Int]
  }

  /// What was expected, and where.
  struct Failure: Error {
    let message: String
  }

  private let text: UnsafeRawBufferPointer
  private var position = 0

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  /// The three fields, in any order, each once. Only blanks may follow the closing brace.
  mutating func parse() throws(Failure) -> Fields {
    var descriptor: String?
    var isFortranOrder: Bool?
    var dimensions: [Int]?
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where descriptor == nil: descriptor = try string()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where dimensions == nil: dimensions = try tuple()
      default: throw failure("one each of 'descr', 'fortran_order' and 'shape'")
      }
      guard take(",") || peek() == UInt8(ascii: "}") else { throw failure("',' or '}'") }
    }
    guard peek() == nil else { throw failure("the end of the header") }
    guard let descriptor, let isFortranOrder, let dimensions else {
      throw failure("the fields 'descr', 'fortran_order' and 'shape'")
    }
    return Fields(descriptor: descriptor, isFortranOrder: isFortranOrder, dimensions: dimensions)
  }
}

// MARK: - Values

extension NPYDictionary {
  /// A quoted string of printable ASCII without escapes.
  private mutating func string() throws(Failure) -> String {
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw failure("a quoted string")
    }
    let start = position + 1
    guard let end = text[start...].firstIndex(of: quote) else { throw failure("a closing quote") }
    let characters = text[start..<end]
    guard characters.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      throw failure("a string of printable ASCII")
    }
    position = end + 1
    return String(decoding: characters, as: UTF8.self)
  }

  private mutating func boolean() throws(Failure) -> Bool {
    if take("True") { return true }
    guard take("False") else { throw failure("True or False") }
    return false
  }

  /// `()`, `(3,)`, `(3, 4)`; Python 2 wrote a long integer as `3L`.
  private mutating func tuple() throws(Failure) -> [Int] {
    var dimensions: [Int] = []
    try expect("(")
    while !take(")") {
      dimensions.append(try integer())
      let isSeparated = take(",")
      guard isSeparated || (peek() == UInt8(ascii: ")") && dimensions.count > 1) else {
        throw failure("',' or the end of a tuple")
      }
    }
    return dimensions
  }

  private mutating func integer() throws(Failure) -> Int {
    skipBlanks()
    let digits = text[position...].prefix { (0x30...0x39).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else { throw failure("a dimension") }
    position = digits.endIndex
    if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }
}

// MARK: - Characters

extension NPYDictionary {
  private mutating func skipBlanks() {
    while position < text.count, " \t\r\n".utf8.contains(text[position]) { position += 1 }
  }

  /// The next character that is not blank.
  private mutating func peek() -> UInt8? {
    skipBlanks()
    return position < text.count ? text[position] : nil
  }

  private mutating func take(_ word: StaticString) -> Bool {
    skipBlanks()
    let bytes = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard text[position...].starts(with: bytes) else { return false }
    position += bytes.count
    return true
  }

  private mutating func expect(_ word: StaticString) throws(Failure) {
    guard take(word) else { throw failure("'\(word)'") }
  }

  private func failure(_ expected: String) -> Failure {
    Failure(message: "expected \(expected) at character \(position) of the npy header")
  }
}
