import OstinatoTensors

/// What the elements of a dataset or an attribute are.
struct HDF5Datatype {
  enum Kind: Equatable {
    case number(StoredElement.Kind)
    /// Text of a fixed number of bytes. That which is not padded with spaces may end before, with a zero.
    case text(isSpacePadded: Bool)
    /// Text of any length, which lies in a global heap.
    case variableText
    /// Bytes of which the file says nothing.
    case opaque
    case other
  }

  let kind: Kind
  /// The bytes of an element.
  let size: Int
  let isBigEndian: Bool

  /// - Throws: when the message is cut short or of a version that is not known.
  init(_ message: HDF5Cursor) throws(ModelError) {
    var message = message
    let head = try message.byte()
    guard (1...5).contains(head >> 4) else {
      throw .hdf5("expected a type of version 1 to 5; received \(head >> 4)")
    }
    let bits = try message.int(3)
    let size = try message.int(4)
    self.size = size
    isBigEndian = bits & 1 != 0
    switch head & 0x0F {
    case 0: kind = try Self.integer(&message, size: size, isSigned: bits & 8 != 0)
    case 1: kind = try Self.float(&message, size: size, bits: bits)
    case 3: kind = .text(isSpacePadded: bits & 0x0F == 2)
    case 5: kind = .opaque
    case 8: kind = size == 1 ? .number(.signed) : .other
    case 9: kind = bits & 0x0F == 1 ? .variableText : .other
    default: kind = .other
    }
  }

  /// An integer without unused bits.
  private static func integer(_ message: inout HDF5Cursor, size: Int, isSigned: Bool) throws(ModelError) -> Kind {
    let (offset, precision) = (try message.int(2), try message.int(2))
    guard [1, 2, 4, 8].contains(size), offset == 0, precision == 8 * size else { return .other }
    return .number(isSigned ? .signed : .unsigned)
  }

  /// A float in one of the four formats that are in use.
  private static func float(_ message: inout HDF5Cursor, size: Int, bits: Int) throws(ModelError) -> Kind {
    let isVAX = bits & 0x40 != 0
    let (offset, precision) = (try message.int(2), try message.int(2))
    let exponent = (try message.byte(), try message.byte())
    let mantissa = (try message.byte(), try message.byte())
    let layout = [size, bits >> 8 & 0xFF, exponent.0, exponent.1, mantissa.1, try message.int(4)]
    guard !isVAX, offset == 0, precision == 8 * size, mantissa.0 == 0 else { return .other }
    if layout == [2, 15, 7, 8, 7, 127] { return .number(.brainFloat) }
    let known = [[2, 15, 10, 5, 10, 15], [4, 31, 23, 8, 23, 127], [8, 63, 52, 11, 52, 1023]]
    return known.contains(layout) ? .number(.float) : .other
  }
}

/// The extents of a dataset or an attribute.
struct HDF5Dataspace {
  /// The extents; nil for what has no elements and no shape.
  let extents: [Int]?
  /// How far each extent may grow; nil for without end.
  let maximumExtents: [Int?]

  init(_ message: HDF5Cursor) throws(ModelError) {
    var message = message
    let version = try message.version(of: "a shape", 1...2)
    let (rank, flags) = (try message.byte(), try message.byte())
    let kind = try message.byte()
    if version == 1 { try message.skip(4) }
    guard version == 1 || kind != 2 else {
      (extents, maximumExtents) = (nil, [])
      return
    }
    guard rank <= 32 else { throw .hdf5("expected a shape of at most 32 dimensions; received \(rank)") }
    var extents: [Int] = []
    for _ in 0..<rank { extents.append(try message.length()) }
    var maximum: [Int?] = []
    for _ in 0..<(flags & 1 != 0 ? rank : 0) { maximum.append(try message.limit()) }
    self.extents = extents
    maximumExtents = maximum.isEmpty ? extents : maximum
  }
}
