#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The bytes of a large page.
let largePage = 1 << 21

/// Asks the system to back memory by large pages, where it knows such and the memory holds whole ones. Meant for what is
/// filled from end to end: most of the cost of filling new memory is in the faults of its small pages.
package func adviseLargePages(_ bytes: UnsafeMutableRawBufferPointer) {
  #if os(Linux)
    guard let base = bytes.baseAddress, bytes.count >= largePage else { return }
    let page = UInt(largePage)
    let start = (UInt(bitPattern: base) + page - 1) / page * page
    let end = (UInt(bitPattern: base) + UInt(bytes.count)) / page * page
    guard start < end, let first = UnsafeMutableRawPointer(bitPattern: start) else { return }
    // A system without large pages says no, and nothing is lost.
    _ = madvise(first, Int(end - start), MADV_HUGEPAGE)
  #endif
}
