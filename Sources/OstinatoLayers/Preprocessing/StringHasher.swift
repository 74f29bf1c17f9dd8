import OstinatoTensors

/// The number of the bucket that bytes fall into: FarmHash64, or SipHash64 under a salt.
///
/// Reference: `tf.strings.to_hash_bucket_fast` and `to_hash_bucket_strong`.
public struct StringHasher: Sendable, Hashable {
  /// The two words of the key; nil for FarmHash64.
  public let salt: [Int]?

  /// - Precondition: a salt has two words.
  public init(salt: [Int]? = nil) {
    precondition(salt.map { $0.count == 2 } ?? true, "a salt has two words")
    self.salt = salt
  }

  /// Reads the argument `salt`: nothing, one whole number for both words, or two.
  init(config: LayerConfig) throws(ModelError) {
    let salt = try config.optionalInts("salt", in: .min ... .max)
    guard let salt else {
      self.init()
      return
    }
    guard (1...2).contains(salt.count) else { throw config.failure("salt", expected: "one or two whole numbers") }
    self.init(salt: [salt[0], salt[salt.count - 1]])
  }

  var config: JSONValue { salt.map(JSONValue.init) ?? .null }

  /// The bucket of `bytes` among `count`.
  func bucket(_ bytes: [UInt8], of count: Int) -> Int32 {
    let hash =
      salt.map { sipHash64(bytes, key: (UInt64(bitPattern: Int64($0[0])), UInt64(bitPattern: Int64($0[1])))) }
      ?? farmHash64(bytes)
    return Int32(truncatingIfNeeded: hash % UInt64(count))
  }
}
