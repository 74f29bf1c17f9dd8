/// The keyed 64-bit hash of bytes that TensorFlow's "strong" hash buckets use: SipHash-2-4.
///
/// Reference: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
package func sipHash64(_ bytes: [UInt8], key: (UInt64, UInt64)) -> UInt64 {
  var state = SipState(key)
  let whole = bytes.count / 8 * 8
  for start in stride(from: 0, to: whole, by: 8) { state.absorb(word(bytes[start..<start + 8])) }
  state.absorb(word(bytes[whole...]) | UInt64(bytes.count & 0xff) << 56)
  return state.finish()
}

/// Up to eight bytes, the first the lowest.
private func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

private struct SipState {
  private var (v0, v1, v2, v3): (UInt64, UInt64, UInt64, UInt64)

  init(_ key: (UInt64, UInt64)) {
    v0 = key.0 ^ 0x736f_6d65_7073_6575
    v1 = key.1 ^ 0x646f_7261_6e64_6f6d
    v2 = key.0 ^ 0x6c79_6765_6e65_7261
    v3 = key.1 ^ 0x7465_6462_7974_6573
  }

  mutating func absorb(_ word: UInt64) {
    v3 ^= word
    for _ in 0..<2 { round() }
    v0 ^= word
  }

  mutating func finish() -> UInt64 {
    v2 ^= 0xff
    for _ in 0..<4 { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  private mutating func round() {
    v0 = v0 &+ v1
    v1 = Self.rotated(v1, 13) ^ v0
    v0 = Self.rotated(v0, 32)
    v2 = v2 &+ v3
    v3 = Self.rotated(v3, 16) ^ v2
    v0 = v0 &+ v3
    v3 = Self.rotated(v3, 21) ^ v0
    v2 = v2 &+ v1
    v1 = Self.rotated(v1, 17) ^ v2
    v2 = Self.rotated(v2, 32)
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}
