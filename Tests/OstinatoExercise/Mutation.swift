import OstinatoFormats
import OstinatoTensors

/// How a sound file is damaged: the same number gives the same damage.
package enum Mutation: String, CaseIterable, Sendable {
  /// The first so many bytes.
  case truncation
  /// One to eight bytes changed.
  case change
  /// Nothing.
  case none

  package func apply(_ number: Int, to bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .truncation: Array(bytes.prefix(number))
    case .change: Self.changed(bytes, seed: UInt64(number))
    case .none: bytes
    }
  }

  private static func changed(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
    var (bytes, random) = (bytes, SeededBits(state: seed))
    for _ in 0...random.next() % 8 {
      let place = Int(random.next() % UInt64(max(bytes.count, 1)))
      switch random.next() % 4 {
      case 0: bytes[place] ^= 1 << UInt8(random.next() % 8)
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][Int(random.next() % 6)]
      case 2: bytes[place] = bytes[Int(random.next() % UInt64(bytes.count))]
      default: bytes[place] = UInt8(truncatingIfNeeded: random.next())
      }
    }
    return bytes
  }
}

/// SplitMix64.
private struct SeededBits {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}

extension Exercise {
  /// What the exercise takes of the file at `path`: its bytes, or the members of an archive.
  package func input(fromFile path: String) throws -> [UInt8] {
    guard self == .keras || self == .config else { return try FileBytes.read(path) }
    let archive = try ZipArchive(path: path)
    func member(_ name: String) throws -> [UInt8] { try archive.member(name).map { try archive.read($0).array } ?? [] }
    let config = try member(KerasArchive.MemberName.config)
    return self == .config ? config : config + [0] + (try member(KerasArchive.MemberName.hdf5Weights))
  }
}
