#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension UnsafeMutableRawPointer {
  /// Memory for tensors, aligned to a cache line and with undefined content. `deallocate` gives it back.
  ///
  /// Large memory lies on huge pages where the system has them: a kernel that streams weights misses no page, and is
  /// not stopped at page boundaries by the processor's prefetcher.
  package static func allocateTensorMemory(byteCount: Int) -> UnsafeMutableRawPointer {
    let wholePages = byteCount / hugePage * hugePage
    guard wholePages > 0 else { return allocate(byteCount: max(byteCount, 1), alignment: cacheLine) }
    let memory = allocate(byteCount: byteCount, alignment: hugePage)
    #if os(Linux)
      // Advice only: on a system without huge pages the memory is as good.
      _ = madvise(memory, wholePages, MADV_HUGEPAGE)
    #endif
    return memory
  }

  private static var cacheLine: Int { 64 }
  private static var hugePage: Int { 2 << 20 }
}
