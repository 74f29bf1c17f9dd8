#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `RUSAGE_SELF`, which has another type on each system.
private let itself: Int32 = 0

/// The most memory that the process has had at once, in bytes.
func peakResidentBytes() -> Int {
  var usage = rusage()
  getrusage(itself, &usage)
  #if canImport(Darwin)
    return usage.ru_maxrss
  #else
    return usage.ru_maxrss * 1024
  #endif
}
