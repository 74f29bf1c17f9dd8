import Foundation

/// The bytes of memory that the process has now, after giving back what it does not use; nil where the system does not
/// say.
func residentBytes() -> Int? {
  _ = systemFunction("malloc_trim", as: (@convention(c) (Int) -> Int32).self)?(0)
  guard let statistics = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
  let fields = statistics.split(separator: " ")
  return fields.count > 1 ? Int(fields[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
}

/// Bytes as a reader likes them.
func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
