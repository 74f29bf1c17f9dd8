import OstinatoLayers
import Testing

/// The hashes of TensorFlow's string buckets, against `tf.fingerprint` and `tf.strings.to_hash_bucket_strong`.
@Suite struct HashTests {
  private static let fingerprints: [(String, UInt64)] = [
    ("a", 0xb345_4265_b6df_75e3), ("abc", 0x24a5_b3a0_74e7_f369), ("hello", 0xb48b_e5a9_3138_0ce8),
    ("farmhash", 0xcdc4_c9aa_b70c_b4a7), ("sixteen bytes !!", 0xa14e_5f3b_88c9_eb43),
    ("seventeen bytes!!", 0x507a_9d65_9246_9765), (String(repeating: "x", count: 32), 0xb30b_9bac_cc74_dc05),
    (String(repeating: "y", count: 33), 0x777f_79e5_2d06_0efe),
    (String(repeating: "z", count: 64), 0x0417_56d0_f401_a218),
    (String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 2), 0xfeed_751a_6e31_5a8f),
    (String(repeating: "w", count: 200), 0x474d_9107_38f2_f780),
  ]

  @Test(arguments: fingerprints)
  func farmHashIsTensorFlowsFingerprint(_ text: String, _ expected: UInt64) {
    #expect(farmHash64(Array(text.utf8)) == expected)
  }

  private static let buckets: [(String, UInt64)] = [
    ("", 1_380_786_607), ("a", 1_322_453_157), ("farmhash", 1_926_963_253), ("sixteen bytes !!", 1_006_602_771),
    ("seventeen bytes!!", 93_091_622), (String(repeating: "w", count: 200), 1_511_017_628),
  ]

  @Test(arguments: buckets)
  func sipHashIsTensorFlowsStrongBucket(_ text: String, _ expected: UInt64) {
    #expect(sipHash64(Array(text.utf8), key: (133, 137)) % UInt64(Int32.max) == expected)
  }
}
