import OstinatoTensors

/// Decompression of zlib streams (RFC 1950 and 1951), for data of which the size is known before.
struct Inflate {
  private let source: UnsafeBufferPointer<UInt8>
  private var position = 0
  /// Bits that have been taken from the source and not yet used, the next one lowest.
  private var bits: UInt64 = 0
  private var bitCount = 0
  private let maximum: Int
  private var output: [UInt8] = []

  /// The content of the stream `bytes`.
  /// - Throws: when it is damaged, or has more than `maximum` bytes.
  static func zlib(_ bytes: [UInt8], maximum: Int) throws(ModelError) -> [UInt8] {
    try bytes.withUnsafeBufferPointer { (source) throws(ModelError) in
      var inflate = Inflate(source: source, maximum: maximum)
      return try inflate.run()
    }
  }

  private init(source: UnsafeBufferPointer<UInt8>, maximum: Int) {
    self.source = source
    self.maximum = maximum
    output.reserveCapacity(min(maximum, source.count * Deflate.maximumRatio))
  }

  private mutating func run() throws(ModelError) -> [UInt8] {
    let (method, flags) = (try take(8), try take(8))
    let hasDictionary = flags & 0x20 != 0
    guard method & 0x0F == 8, (method << 8 | flags).isMultiple(of: 31), !hasDictionary else { throw Self.damaged() }
    while true {
      let isLast = try take(1) == 1
      switch try take(2) {
      case 0: try copyStored()
      case 1: try decode(Self.fixedLiterals, Self.fixedDistances)
      case 2:
        let (literals, distances) = try readCodes()
        try decode(literals, distances)
      default: throw Self.damaged()
      }
      if isLast { break }
    }
    dropToByte()
    var expected: UInt32 = 0
    for _ in 0..<4 { expected = expected << 8 | UInt32(try take(8)) }
    guard expected == adler32() else { throw Self.damaged() }
    return output
  }

  private static func damaged() -> ModelError { .hdf5("expected gzip-compressed data; it is damaged") }

  /// The checksum of the output.
  private func adler32() -> UInt32 {
    var (first, second): (UInt32, UInt32) = (1, 0)
    for byte in output {
      first = (first + UInt32(byte)) % 65521
      second = (second + first) % 65521
    }
    return second << 16 | first
  }
}

// MARK: - Bits

extension Inflate {
  private mutating func refill() {
    while bitCount <= 48, position < source.count {
      bits |= UInt64(source[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  /// The next `count` bits, at most 16.
  private mutating func take(_ count: Int) throws(ModelError) -> Int {
    if bitCount < count { refill() }
    guard count <= bitCount else { throw Self.damaged() }
    defer { drop(count) }
    return Int(bits & (1 << UInt64(count) - 1))
  }

  private mutating func drop(_ count: Int) {
    bits >>= UInt64(count)
    bitCount -= count
  }

  private mutating func dropToByte() { drop(bitCount % 8) }

  private mutating func symbol(_ code: HuffmanCode) throws(ModelError) -> Int {
    if bitCount < HuffmanCode.maximumLength { refill() }
    let entry = code.table[Int(truncatingIfNeeded: bits) & (code.table.count - 1)]
    let length = Int(entry & 15)
    guard length > 0, length <= bitCount else { throw Self.damaged() }
    drop(length)
    return Int(entry >> 4)
  }
}

// MARK: - Blocks

extension Inflate {
  private mutating func copyStored() throws(ModelError) {
    dropToByte()
    let (count, complement) = (try take(16), try take(16))
    guard count == ~complement & 0xFFFF, count <= maximum - output.count else { throw Self.damaged() }
    for _ in 0..<count { output.append(UInt8(try take(8))) }
  }

  private mutating func decode(_ literals: HuffmanCode, _ distances: HuffmanCode) throws(ModelError) {
    while true {
      let symbol = try symbol(literals)
      if symbol == 256 { return }
      if symbol < 256 {
        guard output.count < maximum else { throw Self.damaged() }
        output.append(UInt8(symbol))
        continue
      }
      guard symbol <= 285 else { throw Self.damaged() }
      let length = Self.lengths[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
      let code = try self.symbol(distances)
      guard code < 30 else { throw Self.damaged() }
      let distance = Self.distances[code] + (try take(Self.distanceBits[code]))
      guard distance <= output.count, length <= maximum - output.count else { throw Self.damaged() }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  /// The codes that a block brings itself.
  private mutating func readCodes() throws(ModelError) -> (HuffmanCode, HuffmanCode) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let orderCount = try take(4) + 4
    var lengths = [UInt8](repeating: 0, count: 19)
    for place in Self.order.prefix(orderCount) { lengths[place] = UInt8(try take(3)) }
    let code = try HuffmanCode(lengths)
    lengths = []
    while lengths.count < literalCount + distanceCount {
      let symbol = try symbol(code)
      switch symbol {
      case 0..<16: lengths.append(UInt8(symbol))
      case 16:
        guard let last = lengths.last else { throw Self.damaged() }
        lengths += [UInt8](repeating: last, count: try take(2) + 3)
      case 17: lengths += [UInt8](repeating: 0, count: try take(3) + 3)
      default: lengths += [UInt8](repeating: 0, count: try take(7) + 11)
      }
    }
    guard lengths.count == literalCount + distanceCount else { throw Self.damaged() }
    return (try HuffmanCode(lengths[..<literalCount]), try HuffmanCode(lengths[literalCount...]))
  }

  private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let lengths = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let distanceBits = (0..<30).map { max($0 / 2 - 1, 0) }
  private static let distances = distanceBits.reduce(into: [1]) { $0.append(($0.last ?? 1) + 1 << $1) }

  private static let fixedLiterals = HuffmanCode(
    complete: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  private static let fixedDistances = HuffmanCode(complete: [UInt8](repeating: 5, count: 32))
}

/// A prefix code, as a table over the next bits.
private struct HuffmanCode {
  static let maximumLength = 15

  /// For each value of the next bits the symbol, times 16, plus the length of its code; 0 where there is none.
  let table: [UInt16]

  /// - Parameter lengths: of each symbol's code, at most 15; 0 for one that does not occur.
  /// - Throws: when there are no such codes.
  init(_ lengths: some Collection<UInt8>) throws(ModelError) {
    let used = lengths.filter { $0 > 0 }.reduce(0) { $0 + 1 << (Self.maximumLength - Int($1)) }
    guard used <= 1 << Self.maximumLength else { throw .hdf5("expected gzip-compressed data; it is damaged") }
    self.init(complete: lengths)
  }

  /// - Precondition: there are such codes.
  init(complete lengths: some Collection<UInt8>) {
    let size = Int(lengths.max() ?? 0)
    var table = [UInt16](repeating: 0, count: 1 << size)
    var code = 0
    for length in 1...max(size, 1) {
      for (symbol, _) in lengths.enumerated().filter({ $0.element == length }) {
        // A code comes with its first bit lowest.
        let reversed = (0..<length).reduce(0) { $0 | (code >> $1 & 1) << (length - 1 - $1) }
        for index in stride(from: reversed, to: table.count, by: 1 << length) {
          table[index] = UInt16(symbol) << 4 | UInt16(length)
        }
        code += 1
      }
      code <<= 1
    }
    self.table = table
  }
}
