#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Ostinato

// Inside a type with a member called `write` the system's function needs another name.
private let systemWrite = write

/// Where the command's text goes, without a buffer: a full disk or a closed pipe shows at once.
enum StandardStream: Int32 {
  case output = 1
  case error = 2

  /// - Throws: `ModelError.Code.fileAccess` when not all of the text can be written.
  func write(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { systemWrite(rawValue, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw ModelError(
          .fileAccess, "standard output", "expected a writable stream: \(String(cString: strerror(errno)))")
      }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Writes text whose loss cannot be reported anywhere.
  func writeIfPossible(_ text: String) {
    do { try write(text) } catch {}
  }
}
