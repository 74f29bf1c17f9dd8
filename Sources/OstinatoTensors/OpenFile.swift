#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that is open for reading at any place, by any number of threads.
package final class OpenFile: Sendable {
  /// What errors call the file.
  package let path: String
  /// The size of the file when it was opened.
  package let byteCount: Int
  private let descriptor: Int32

  /// - Throws: `ModelError.Code.fileAccess` when there is no file that can be read.
  package init(path: String) throws(ModelError) {
    byteCount = try FileBytes.size(path)
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileBytes.failure(path, "expected a readable file") }
    self.path = path
  }

  deinit { close(descriptor) }

  /// Fills `target` with the bytes from `offset` on.
  /// - Throws: `ModelError.Code.fileAccess` when they cannot be read, or the file has become shorter.
  package func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(ModelError) {
    var position = 0
    while position < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[position...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + position))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileBytes.failure(path, "expected a readable file") }
      guard count > 0 else {
        throw ModelError(.fileAccess, path, "expected \(byteCount) bytes; the file has become shorter")
      }
      position += count
    }
  }
}
