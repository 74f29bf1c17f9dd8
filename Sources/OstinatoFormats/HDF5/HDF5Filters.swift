import OstinatoTensors

/// What was done to each chunk of a dataset, in the order of writing.
struct HDF5Filters {
  private enum Filter {
    case deflate
    case shuffle(elementSize: Int)
    case fletcher32
  }

  private var filters: [Filter] = []

  var isEmpty: Bool { filters.isEmpty }

  /// No filters.
  init() {}

  /// - Throws: for a filter that is not known here, by its name.
  init(_ message: HDF5Cursor) throws(ModelError) {
    var message = message
    let version = try message.version(of: "a list of filters", 1...2)
    let count = try message.byte()
    if version == 1 { try message.skip(6) }
    for _ in 0..<count {
      let number = try message.int(2)
      let nameSize = version == 1 || number >= 256 ? try message.int(2) : 0
      try message.skip(2)
      let valueCount = try message.int(2)
      let name = try message.text(version == 1 ? (nameSize + 7) / 8 * 8 : nameSize)
      var values: [Int] = []
      for _ in 0..<valueCount { values.append(try message.int(4)) }
      if version == 1, !valueCount.isMultiple(of: 2) { try message.skip(4) }
      filters.append(try Self.filter(number, name: name, values: values))
    }
    guard filters.count(where: { if case .deflate = $0 { true } else { false } }) <= 1 else {
      throw .hdf5("expected data that is compressed once; received filter deflate twice")
    }
  }

  private static func filter(_ number: Int, name: String, values: [Int]) throws(ModelError) -> Filter {
    switch number {
    case 1: return .deflate
    case 2: return .shuffle(elementSize: values.first ?? 1)
    case 3: return .fletcher32
    default:
      let known = [4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf"][number]
      let received = known ?? (name.isEmpty ? "\(number)" : "\(name) (\(number))")
      throw .hdf5("expected gzip-compressed or plain data; received filter \(received)")
    }
  }

  /// The most bytes that a chunk of `byteCount` bytes may take in the file; all that it may claim is checked when it is
  /// decoded.
  func canHold(_ stored: Int, of byteCount: Int) -> Bool {
    filters.isEmpty ? stored == byteCount : Deflate.canInflate(stored, to: byteCount)
  }

  /// The `byteCount` bytes of a chunk from those that are `stored`.
  /// - Parameter mask: a bit for each filter that this chunk lacks.
  func decode(_ stored: [UInt8], mask: Int, to byteCount: Int) throws(ModelError) -> [UInt8] {
    var bytes = stored
    for (index, filter) in filters.enumerated().reversed() where mask >> index & 1 == 0 {
      switch filter {
      case .deflate: bytes = try Inflate.zlib(bytes, maximum: byteCount + Self.checksumSize)
      case .shuffle(let size): bytes = Self.unshuffled(bytes, elementSize: size)
      case .fletcher32: bytes = try Self.verified(bytes)
      }
    }
    guard bytes.count == byteCount else {
      throw .hdf5("expected chunks of \(byteCount) bytes; received \(bytes.count)")
    }
    return bytes
  }

  private static let checksumSize = 4

  /// The bytes of each element together again; they come as all first bytes, then all second ones.
  private static func unshuffled(_ bytes: [UInt8], elementSize: Int) -> [UInt8] {
    let count = elementSize > 1 ? bytes.count / elementSize : 0
    guard count > 1 else { return bytes }
    var result = bytes
    bytes.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        for place in 0..<elementSize {
          for index in 0..<count { target[index * elementSize + place] = source[place * count + index] }
        }
      }
    }
    return result
  }

  /// The bytes without the checksum at their end.
  private static func verified(_ bytes: [UInt8]) throws(ModelError) -> [UInt8] {
    let content = bytes.dropLast(checksumSize)
    let expected = bytes.suffix(checksumSize).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard bytes.count >= checksumSize, content.withUnsafeBytes(HDF5Checksum.fletcher32) == expected else {
      throw .hdf5("expected intact data; a checksum is wrong")
    }
    return Array(content)
  }
}
