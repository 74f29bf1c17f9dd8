#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Inside a type with members called `read` and `write` the system's functions need other names.
private let systemRead = read
private let systemWrite = write

/// Whole files in and out. Every failure names the path and carries the system's own words.
package enum FileBytes {
  /// The content of the file at `path`.
  /// - Throws: `ModelError.Code.fileAccess` when it cannot be opened or read, or holds more than `maximum` bytes.
  package static func read(_ path: String, maximum: Int = .max) throws(ModelError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "expected a readable file") }
    defer { close(descriptor) }
    var content: [UInt8] = []
    content.reserveCapacity(min(size(of: descriptor), maximum) + 1)
    var room = [UInt8](repeating: 0, count: chunk)
    while true {
      let count = retrying { room.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) } }
      guard count >= 0 else { throw failure(path, "expected a readable file") }
      if count == 0 { return content }
      guard content.count + count <= maximum else {
        throw ModelError(.fileAccess, path, "expected at most \(maximum) bytes; the file is larger")
      }
      content.append(contentsOf: room[..<count])
    }
  }

  /// The first `count` bytes of the file at `path`, or all of them if there are fewer.
  /// - Throws: `ModelError.Code.fileAccess` when it cannot be opened or read.
  package static func prefix(of path: String, count: Int) throws(ModelError) -> [UInt8] {
    _ = try size(path)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "expected a readable file") }
    defer { close(descriptor) }
    var content = [UInt8](repeating: 0, count: count)
    let read = retrying { content.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) } }
    guard read >= 0 else { throw failure(path, "expected a readable file") }
    return Array(content[..<read])
  }

  /// Replaces the file at `path` by `bytes`, as one step: a temporary file beside it is written and then renamed.
  ///
  /// What is not a regular file (a pipe, a device) is written to directly.
  /// - Throws: `ModelError.Code.fileAccess`, or `CancellationError` when the task is cancelled meanwhile; an old file at
  ///   `path` is then as it was.
  package static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT != S_IFREG {
      return try fill(path, with: bytes, flags: O_WRONLY | O_CLOEXEC, mode: 0, named: path)
    }
    let target = exists ? resolved(path) : path
    let temporary = "\(target).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
    do {
      let mode = exists ? status.st_mode & 0o777 : 0o666
      try fill(temporary, with: bytes, flags: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode: mode, named: path)
      guard rename(temporary, target) == 0 else { throw failure(path, "expected a file that can be replaced") }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// The number of bytes in the file at `path`.
  /// - Throws: `ModelError.Code.fileAccess` when there is no file that can be read.
  package static func size(_ path: String) throws(ModelError) -> Int {
    guard !isDirectory(path) else { throw ModelError(.fileAccess, path, "expected a file; it is a directory") }
    var status = stat()
    guard access(path, R_OK) == 0, stat(path, &status) == 0 else { throw failure(path, "expected a readable file") }
    return Int(status.st_size)
  }

  /// Whether there is a directory at `path`.
  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether there is anything at `path`.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The system's words for the last failure, after what was expected.
  package static func failure(_ path: String, _ expected: String) -> ModelError {
    ModelError(.fileAccess, path, "\(expected): \(String(cString: strerror(errno)))")
  }
}

extension FileBytes {
  private static let chunk = 1 << 20

  private static func size(of descriptor: Int32) -> Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? min(max(Int(status.st_size), 0), 1 << 40) : 0
  }

  /// `path` with symbolic links followed, so that a rename replaces the file and not the link to it.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func fill(
    _ path: String,
    with bytes: UnsafeRawBufferPointer,
    flags: Int32,
    mode: mode_t,
    named name: String
  ) throws {
    let descriptor = open(path, flags, mode)
    guard descriptor >= 0 else { throw failure(name, "expected a file that can be written") }
    do { try send(bytes, to: descriptor, named: name) } catch {
      close(descriptor)
      throw error
    }
    // Some file systems report a full disk only here.
    guard close(descriptor) == 0 else { throw failure(name, "expected room for \(bytes.count) bytes") }
  }

  private static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, named name: String) throws {
    var written = 0
    while written < bytes.count {
      try Task.checkCancellation()
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written..<min(written + chunk, bytes.count)])
      let count = retrying { systemWrite(descriptor, rest.baseAddress, rest.count) }
      guard count > 0 else { throw failure(name, "expected room for \(bytes.count) bytes") }
      written += count
    }
  }

  /// Repeats a transfer that a signal interrupted.
  private static func retrying(_ transfer: () -> Int) -> Int {
    while true {
      let count = transfer()
      if count >= 0 || errno != EINTR { return count }
    }
  }
}
