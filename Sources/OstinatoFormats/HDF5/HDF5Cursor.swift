import OstinatoTensors

/// Takes one field after another from a block of metadata, each only if it lies inside the block.
struct HDF5Cursor: Sendable {
  /// What is left.
  private(set) var rest: ArraySlice<UInt8>
  private let start: Int
  let offsetSize: Int
  let lengthSize: Int

  init(_ bytes: ArraySlice<UInt8>, offsetSize: Int, lengthSize: Int) {
    rest = bytes
    start = bytes.startIndex
    self.offsetSize = offsetSize
    self.lengthSize = lengthSize
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws(ModelError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else {
      throw .hdf5("expected \(count) more bytes of metadata; \(rest.count) are left")
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// The next `count` bytes as a block of their own.
  mutating func part(_ count: Int) throws(ModelError) -> HDF5Cursor {
    HDF5Cursor(try take(count), offsetSize: offsetSize, lengthSize: lengthSize)
  }

  mutating func skip(_ count: Int) throws(ModelError) { _ = try take(count) }

  /// Skips what fills up to a multiple of `alignment`, counted from the beginning of the block. What is cut short at the
  /// end of the block need not be there.
  mutating func align(to alignment: Int) {
    let padding = (alignment - (rest.startIndex - start) % alignment) % alignment
    rest = rest.dropFirst(padding)
  }

  /// An unsigned number of at most eight bytes.
  mutating func unsigned(_ size: Int) throws(ModelError) -> UInt64 {
    guard size <= 8 else { throw .hdf5("expected numbers of at most 8 bytes; received one of \(size)") }
    return try take(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// An unsigned number that the file cannot do without.
  mutating func int(_ size: Int) throws(ModelError) -> Int {
    let value = try unsigned(size)
    guard let int = Int(exactly: value) else { throw .hdf5("expected a number below 2^63; received \(value)") }
    return int
  }

  mutating func byte() throws(ModelError) -> Int { try int(1) }

  /// A number of bytes or of things.
  mutating func length() throws(ModelError) -> Int { try int(lengthSize) }

  /// A number of bytes or of things that may have no limit: nil.
  mutating func limit() throws(ModelError) -> Int? { try numberOrNil(lengthSize) }

  /// A place in the file; nil for what has none.
  mutating func address() throws(ModelError) -> Int? { try numberOrNil(offsetSize) }

  /// Nil when all bits are set.
  private mutating func numberOrNil(_ size: Int) throws(ModelError) -> Int? {
    let bytes = try take(size)
    if bytes.allSatisfy({ $0 == 0xFF }) { return nil }
    var cursor = HDF5Cursor(bytes, offsetSize: offsetSize, lengthSize: lengthSize)
    return try cursor.int(size)
  }

  /// A place in the file that must be there.
  mutating func place(of what: String) throws(ModelError) -> Int {
    guard let address = try address() else { throw .hdf5("expected an address of \(what); it has none") }
    return address
  }

  /// Text up to the first zero byte, or to the end.
  mutating func text(_ count: Int) throws(ModelError) -> String {
    let bytes = try take(count).prefix { $0 != 0 }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .hdf5("expected names in UTF-8") }
    return text
  }

  /// - Throws: when the next bytes are not `signature`.
  mutating func expect(_ signature: String) throws(ModelError) {
    guard try take(signature.utf8.count).elementsEqual(signature.utf8) else {
      throw .hdf5("expected a block \(signature); it is damaged or another")
    }
  }

  /// A version, which is one of `known`.
  @discardableResult
  mutating func version(of what: String, _ known: ClosedRange<Int>) throws(ModelError) -> Int {
    let version = try byte()
    guard known.contains(version) else {
      throw .hdf5("expected \(what) of version \(known.lowerBound) to \(known.upperBound); received \(version)")
    }
    return version
  }
}
