/// What a `.npy` file says before its elements: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct NPYHeader {
  let element: StoredElement
  let isFortranOrder: Bool
  let shape: Shape
  /// Where the elements start.
  let byteCount: Int

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// Reads the header of versions 1 to 3.
  init(parsing bytes: UnsafeRawBufferPointer, name: String) throws(ModelError) {
    func malformed(_ message: String) -> ModelError { ModelError(.malformedFile, name, message) }

    guard bytes.starts(with: Self.magic) else { throw malformed("expected an npy file; it does not start as one") }
    guard bytes.count >= 12, (1...3).contains(bytes[6]) else {
      throw malformed("expected an npy header of version 1, 2 or 3; it is cut short or of another version")
    }
    let lengthSize = bytes[6] == 1 ? 2 : 4
    let length = (0..<lengthSize).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = 8 + lengthSize
    guard length <= bytes.count - start else {
      throw malformed("expected a header of \(length) bytes; \(bytes.count - start) are left")
    }
    byteCount = start + length
    var dictionary = NPYDictionary(UnsafeRawBufferPointer(rebasing: bytes[start..<byteCount]))
    let fields: NPYDictionary.Fields
    do {
      fields = try dictionary.parse()
    } catch {
      throw malformed(error.message)
    }
    guard let element = StoredElement(descriptor: fields.descriptor) else {
      throw malformed(
        "expected elements of type f2, f4, f8, i1 to i8, u1 to u8, b1, U or S; received \(fields.descriptor)")
    }
    self.element = element
    isFortranOrder = fields.isFortranOrder
    shape = try Self.shape(fields.dimensions, name: name)
  }

  private static func shape(_ dimensions: [Int], name: String) throws(ModelError) -> Shape {
    do {
      return try Shape(validating: dimensions)
    } catch {
      throw ModelError(.malformedFile, name, error.description)
    }
  }
}

extension NPYHeader {
  /// The header that numpy writes before a C-ordered array: padded so that the elements start at a multiple of 64.
  static func bytes(for shape: Shape, type: String) -> [UInt8] {
    var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    if let first = shape.first {
      // numpy leaves room for the first dimension to grow to 21 digits in place.
      text += String(repeating: " ", count: max(21 - "\(first)".utf8.count, 0))
    }
    let isLong = text.utf8.count + 65 > Int(UInt16.max)
    let start = isLong ? 12 : 10
    text += String(repeating: " ", count: 64 - (start + text.utf8.count + 1) % 64) + "\n"
    let length = (0..<start - 8).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) }
    return magic + [isLong ? 2 : 1, 0] + length + Array(text.utf8)
  }
}

extension StoredElement {
  /// An element from numpy's type string; nil for a type that is neither a number, a bool nor a string.
  init?(descriptor: String) {
    let bytes = Array(descriptor.utf8)
    guard bytes.count >= 3, "<>|=".utf8.contains(bytes[0]), let kind = Self.kinds[bytes[1]] else { return nil }
    guard bytes[2...].allSatisfy({ (0x30...0x39).contains($0) }), let size = Int(descriptor.dropFirst(2)),
      Self.isSize(size, of: kind)
    else { return nil }
    self.init(kind: kind, size: kind == .unicode ? 4 * size : size, isBigEndian: bytes[0] == UInt8(ascii: ">"))
  }

  /// By numpy's letters.
  private static let kinds: [UInt8: Kind] = [
    UInt8(ascii: "f"): .float, UInt8(ascii: "i"): .signed, UInt8(ascii: "u"): .unsigned, UInt8(ascii: "b"): .boolean,
    UInt8(ascii: "U"): .unicode, UInt8(ascii: "S"): .bytes,
  ]

  /// Strings are as long as the longest of the array.
  private static let longestString = 1 << 20

  private static func isSize(_ size: Int, of kind: Kind) -> Bool {
    switch kind {
    case .float: [2, 4, 8].contains(size)
    case .brainFloat: false
    case .signed, .unsigned: [1, 2, 4, 8].contains(size)
    case .boolean: size == 1
    case .unicode, .bytes: (0...longestString).contains(size)
    }
  }
}
