/// The checksums of HDF5.
enum HDF5Checksum {
  /// That of metadata: Bob Jenkins' lookup3, `hashlittle` with an initial value of 0.
  static func lookup3(_ bytes: some RandomAccessCollection<UInt8>) -> UInt32 {
    var state = SIMD3<UInt32>(repeating: 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count))
    var rest = bytes[...]
    while rest.count > 12 {
      state &+= words(rest.prefix(12))
      mix(&state)
      rest = rest.dropFirst(12)
    }
    if rest.isEmpty { return state.z }
    state &+= words(rest)
    finish(&state)
    return state.z
  }

  /// At most twelve bytes as three words, filled up with zeros.
  private static func words(_ bytes: some Collection<UInt8>) -> SIMD3<UInt32> {
    var words = SIMD3<UInt32>.zero
    for (index, byte) in bytes.enumerated() { words[index / 4] |= UInt32(byte) << (8 * (index % 4)) }
    return words
  }

  private static let mixRotations: [UInt32] = [4, 6, 8, 16, 19, 4]
  private static let finalRotations: [UInt32] = [14, 11, 25, 16, 4, 14, 24]

  private static func mix(_ s: inout SIMD3<UInt32>) {
    for (index, rotation) in mixRotations.enumerated() {
      let (target, source, other) = (index % 3, (index + 2) % 3, (index + 1) % 3)
      s[target] = (s[target] &- s[source]) ^ rotated(s[source], rotation)
      s[source] &+= s[other]
    }
  }

  private static func finish(_ s: inout SIMD3<UInt32>) {
    for (index, rotation) in finalRotations.enumerated() {
      let (target, source) = ((index + 2) % 3, (index + 1) % 3)
      s[target] = (s[target] ^ s[source]) &- rotated(s[source], rotation)
    }
  }

  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }

  /// That of the filter fletcher32, over words of two bytes, the first of them the higher one.
  static func fletcher32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var (first, second): (UInt32, UInt32) = (0, 0)
    for index in stride(from: 0, to: bytes.count, by: 2) {
      let low = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
      first = folded(first + (UInt32(bytes[index]) << 8 | low))
      second = folded(second + first)
    }
    return second << 16 | first
  }

  /// A sum of 16 bits in ones' complement.
  private static func folded(_ sum: UInt32) -> UInt32 { (sum & 0xFFFF) + (sum >> 16) }
}
