#if canImport(Glibc)
  import Glibc
#endif

/// The cache that a core has to itself.
enum CoreCache {
  /// Bytes of the second-level cache: what the system says, within reason, or what is common where it says nothing.
  static let bytes = min(max(reported ?? 1 << 20, 1 << 19), 1 << 21)

  private static var reported: Int? {
    #if canImport(Glibc)
      let bytes = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
      return bytes > 0 ? bytes : nil
    #else
      return nil
    #endif
  }
}
