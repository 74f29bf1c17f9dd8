import CZip
import OstinatoTensors

/// An open `zip_t` of libzip, which is closed without a change.
struct ZipHandle: ~Copyable, @unchecked Sendable {
  /// One line of the archive's directory.
  struct Entry {
    let name: String
    let size: UInt64
    let storedSize: UInt64
    let method: Int32
    let isEncrypted: Bool
  }

  /// Where an archive is.
  enum Place: Sendable {
    case file(String)
    case memory(PinnedBytes)
  }

  private let archive: OpaquePointer
  /// The memory that libzip reads from, if it does not read a file.
  private let memory: PinnedBytes?

  /// Opens the archive at `place`, which errors call `name`.
  init(_ place: Place, name: String) throws(ModelError) {
    switch place {
    case .file(let path): try self.init(path: path)
    case .memory(let bytes): try self.init(bytes: bytes, name: name)
    }
  }

  private init(path: String) throws(ModelError) {
    // libzip takes a file without a byte for an archive without a member.
    guard try FileBytes.size(path) > 0 else {
      throw ModelError(.malformedFile, path, "expected a zip archive; it is empty")
    }
    var code: Int32 = 0
    guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
      let isAccess = [ZIP_ER_OPEN, ZIP_ER_NOENT, ZIP_ER_READ, ZIP_ER_SEEK, ZIP_ER_MEMORY].contains(code)
      if isAccess { throw FileBytes.failure(path, "expected a readable file") }
      var error = zip_error_t()
      zip_error_init_with_code(&error, code)
      defer { zip_error_fini(&error) }
      throw Self.malformed(path, "expected a zip archive", &error)
    }
    self.archive = archive
    memory = nil
  }

  private init(bytes: PinnedBytes, name: String) throws(ModelError) {
    guard !bytes.bytes.isEmpty else { throw ModelError(.malformedFile, name, "expected a zip archive; it is empty") }
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    let source = zip_source_buffer_create(bytes.bytes.baseAddress, UInt64(bytes.bytes.count), 0, &error)
    guard let source else { throw Self.malformed(name, "expected a zip archive", &error) }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw Self.malformed(name, "expected a zip archive", &error)
    }
    self.archive = archive
    memory = bytes
  }

  deinit {
    zip_discard(archive)
    extendLifetime(memory)
  }

  /// The number of entries, folders included.
  var count: UInt64 { UInt64(max(zip_get_num_entries(archive, 0), 0)) }

  func entry(at index: UInt64, archive name: String) throws(ModelError) -> Entry {
    var stat = zip_stat_t()
    zip_stat_init(&stat)
    guard zip_stat_index(archive, index, 0, &stat) == 0, ostinato_zip_stat_is_complete(&stat) else {
      throw ModelError(.malformedFile, name, "expected a complete directory; entry \(index) is damaged")
    }
    return Entry(
      name: String(cString: stat.name),
      size: stat.size,
      storedSize: stat.comp_size,
      method: Int32(stat.comp_method),
      isEncrypted: stat.encryption_method != UInt16(ZIP_EM_NONE)
    )
  }

  /// Inflates the entry at `index` into `target`, which it must fill exactly. The checksum is verified.
  func read(
    _ index: UInt64,
    into target: UnsafeMutableRawBufferPointer,
    subject: String
  ) throws(ModelError) {
    let file = try open(index, subject: subject)
    defer { zip_fclose(file) }
    var beyond: UInt8 = 0
    let position = try Self.fill(target, from: file, subject: subject)
    let rest = position < target.count ? 0 : zip_fread(file, &beyond, 1)
    guard rest >= 0 else { throw Self.malformed(subject, "expected readable data", zip_file_get_error(file)) }
    guard position == target.count, rest == 0 else { throw Self.otherLength(target.count, subject: subject) }
  }

  /// Reads a part of the entry at `index`, which must be stored as it is. No checksum tells whether it is intact.
  func read(
    _ index: UInt64,
    at offset: Int,
    into target: UnsafeMutableRawBufferPointer,
    subject: String
  ) throws(ModelError) {
    let file = try open(index, subject: subject)
    defer { zip_fclose(file) }
    guard zip_fseek(file, zip_int64_t(offset), SEEK_SET) == 0 else {
      throw Self.malformed(subject, "expected readable data", zip_file_get_error(file))
    }
    guard try Self.fill(target, from: file, subject: subject) == target.count else {
      throw Self.otherLength(offset + target.count, subject: subject)
    }
  }

  /// Verifies length and checksum of the entry at `index`.
  func verify(_ index: UInt64, byteCount: Int, subject: String) throws(ModelError) {
    let file = try open(index, subject: subject)
    defer { zip_fclose(file) }
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { room.deallocate() }
    var total = 0
    var count = room.count
    while count > 0, total <= byteCount {
      count = try Self.fill(room, from: file, subject: subject)
      total += count
    }
    guard total == byteCount else { throw Self.otherLength(byteCount, subject: subject) }
  }

  private func open(_ index: UInt64, subject: String) throws(ModelError) -> OpaquePointer {
    guard let file = zip_fopen_index(archive, index, 0) else {
      throw Self.malformed(subject, "expected readable data", zip_get_error(archive))
    }
    return file
  }

  /// - Returns: the number of bytes that were left, at most those that `target` takes.
  private static func fill(
    _ target: UnsafeMutableRawBufferPointer, from file: OpaquePointer, subject: String
  ) throws(ModelError) -> Int {
    var position = 0
    while position < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[position...])
      let count = zip_fread(file, rest.baseAddress, UInt64(rest.count))
      guard count >= 0 else { throw malformed(subject, "expected readable data", zip_file_get_error(file)) }
      if count == 0 { break }
      position += Int(count)
    }
    return position
  }

  private static func otherLength(_ byteCount: Int, subject: String) -> ModelError {
    ModelError(.malformedFile, subject, "expected \(byteCount) bytes; the data has another length")
  }

  /// A failure in libzip's words.
  static func malformed(
    _ subject: String,
    _ expected: String,
    _ error: UnsafeMutablePointer<zip_error_t>?
  ) -> ModelError {
    let reason = error.map { String(cString: zip_error_strerror($0)) } ?? "unknown failure"
    return ModelError(.malformedFile, subject, "\(expected): \(reason)")
  }
}
