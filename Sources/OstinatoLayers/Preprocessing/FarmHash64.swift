/// The 64-bit fingerprint of bytes that TensorFlow's "fast" hash buckets use.
///
/// Reference: `farmhash::Fingerprint64` (`farmhashna::Hash64`), Google, 2014. Bytes of up to 16, 32, 64 and more have
/// each their own mixing.
package func farmHash64(_ bytes: [UInt8]) -> UInt64 {
  bytes.withUnsafeBytes { FarmHash(bytes: $0).hash() }
}

private struct FarmHash {
  let bytes: UnsafeRawBufferPointer

  private static let k0: UInt64 = 0xc3a5_c85c_97cb_3127
  private static let k1: UInt64 = 0xb492_b66f_be98_f273
  private static let k2: UInt64 = 0x9ae1_6a3b_2f90_404f

  private var length: UInt64 { UInt64(bytes.count) }
  /// A multiplier that depends on the length.
  private var multiplier: UInt64 { Self.k2 &+ length &* 2 }

  func hash() -> UInt64 {
    switch bytes.count {
    case ...16: hashTo16()
    case ...32: hash17To32()
    case ...64: hash33To64()
    default: hashLong()
    }
  }

  // MARK: Words

  private func word(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The word that begins `distance` bytes before the end.
  private func wordFromEnd(_ distance: Int) -> UInt64 { word(bytes.count - distance) }

  private func half(_ offset: Int) -> UInt64 {
    UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  private static func mix(_ u: UInt64, _ v: UInt64, _ multiplier: UInt64) -> UInt64 {
    let a = ((u ^ v) &* multiplier).shiftMixed
    return ((v ^ a) &* multiplier).shiftMixed &* multiplier
  }

  // MARK: Short

  private func hashTo16() -> UInt64 {
    if bytes.count >= 8 {
      let (a, b) = (word(0) &+ Self.k2, wordFromEnd(8))
      let c = b.rotatedRight(37) &* multiplier &+ a
      let d = (a.rotatedRight(25) &+ b) &* multiplier
      return Self.mix(c, d, multiplier)
    }
    if bytes.count >= 4 { return Self.mix(length &+ (half(0) << 3), half(bytes.count - 4), multiplier) }
    guard let first = bytes.first, let last = bytes.last else { return Self.k2 }
    let y = UInt64(first) + UInt64(bytes[bytes.count >> 1]) << 8
    let z = length + UInt64(last) << 2
    return ((y &* Self.k2) ^ (z &* Self.k0)).shiftMixed &* Self.k2
  }

  private func hash17To32() -> UInt64 {
    let (a, b) = (word(0) &* Self.k1, word(8))
    let (c, d) = (wordFromEnd(8) &* multiplier, wordFromEnd(16) &* Self.k2)
    return Self.mix(
      (a &+ b).rotatedRight(43) &+ c.rotatedRight(30) &+ d, a &+ (b &+ Self.k2).rotatedRight(18) &+ c, multiplier)
  }

  private func hash33To64() -> UInt64 {
    let (a, b) = (word(0) &* Self.k2, word(8))
    let (c, d) = (wordFromEnd(8) &* multiplier, wordFromEnd(16) &* Self.k2)
    let y = (a &+ b).rotatedRight(43) &+ c.rotatedRight(30) &+ d
    let z = Self.mix(y, a &+ (b &+ Self.k2).rotatedRight(18) &+ c, multiplier)
    let (e, f) = (word(16) &* multiplier, word(24))
    let g = (y &+ wordFromEnd(32)) &* multiplier
    let h = (z &+ wordFromEnd(24)) &* multiplier
    return Self.mix(
      (e &+ f).rotatedRight(43) &+ g.rotatedRight(30) &+ h, e &+ (f &+ a).rotatedRight(18) &+ g, multiplier)
  }

  // MARK: Long

  private typealias Pair = (first: UInt64, second: UInt64)

  private func weak(_ offset: Int, _ a: UInt64, _ b: UInt64) -> Pair {
    let (w, x, y, z) = (word(offset), word(offset + 8), word(offset + 16), word(offset + 24))
    let start = a &+ w
    let turned = (b &+ start &+ z).rotatedRight(21)
    let sum = start &+ x &+ y
    return (sum &+ z, turned &+ sum.rotatedRight(44) &+ start)
  }

  private func hashLong() -> UInt64 {
    let seed: UInt64 = 81
    var y = seed &* Self.k1 &+ 113
    var z = (y &* Self.k2 &+ 113).shiftMixed &* Self.k2
    var x = seed &* Self.k2 &+ word(0)
    var (v, w): (Pair, Pair) = ((0, 0), (0, 0))
    func round(_ offset: Int, _ multiplier: UInt64, _ weight: UInt64) {
      x = (x &+ y &+ v.first &+ word(offset + 8)).rotatedRight(37) &* multiplier
      y = (y &+ v.second &+ word(offset + 48)).rotatedRight(42) &* multiplier
      x ^= w.second &* weight
      y = y &+ v.first &* weight &+ word(offset + 40)
      z = (z &+ w.first).rotatedRight(33) &* multiplier
      v = weak(offset, v.second &* multiplier, x &+ w.first)
      w = weak(offset + 32, z &+ w.second, y &+ word(offset + 16))
      swap(&z, &x)
    }
    for offset in stride(from: 0, to: (bytes.count - 1) / 64 * 64, by: 64) { round(offset, Self.k1, 1) }
    let multiplier = Self.k1 &+ (z & 0xff) << 1
    w.first = w.first &+ UInt64((bytes.count - 1) & 63)
    v.first = v.first &+ w.first
    w.first = w.first &+ v.first
    round(bytes.count - 64, multiplier, 9)
    return Self.mix(
      Self.mix(v.first, w.first, multiplier) &+ y.shiftMixed &* Self.k0 &+ z,
      Self.mix(v.second, w.second, multiplier) &+ x, multiplier)
  }
}

/// Two fingerprints as one. Reference: `FingerprintCat64` in `tensorflow/core/platform/fingerprint.h`.
package func concatenatedFingerprint(_ first: UInt64, _ second: UInt64) -> UInt64 {
  let multiplier: UInt64 = 0xc6a4_a793_5bd1_e995
  var result = first ^ multiplier
  result ^= (second &* multiplier).shiftMixed &* multiplier
  result = (result &* multiplier).shiftMixed &* multiplier
  return result.shiftMixed
}

extension UInt64 {
  fileprivate var shiftMixed: UInt64 { self ^ (self >> 47) }

  fileprivate func rotatedRight(_ count: UInt64) -> UInt64 { (self >> count) | (self << (64 - count)) }
}
