import CZip
import OstinatoTensors

/// Makes a zip archive from named members. Equal members give equal bytes: no time of day is stored.
package struct ZipWriter {
  /// How the data of a member lies in the archive.
  package enum Compression: Sendable {
    case stored
    case deflated
  }

  private let compression: Compression
  private var members: [(name: String, bytes: [UInt8])] = []

  /// An archive without members.
  package init(compression: Compression = .stored) { self.compression = compression }

  /// Adds a member after those that are there. Names are written as they are, `/` between folders.
  package mutating func add(_ name: String, _ bytes: [UInt8]) {
    members.append((name, bytes))
  }

  /// Writes the archive to `path`, to a temporary file first, which is then renamed.
  /// - Throws: `ModelError.Code.fileAccess`; an old file at `path` is then as it was. Also as ``bytes(name:)`` does.
  package func write(to path: String) throws {
    try bytes(name: path).withUnsafeBytes { try FileBytes.write($0, to: path) }
  }

  /// The archive; errors call it `name`.
  /// - Throws: `ModelError.Code.malformedFile` when a name occurs twice or cannot be stored.
  package func bytes(name: String) throws(ModelError) -> [UInt8] {
    // libzip makes no archive without members; this is one: the end of an empty directory.
    guard !members.isEmpty else { return [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18) }
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = zip_source_buffer_create(nil, 0, 0, &error) else {
      throw ZipHandle.malformed(name, "expected memory for an archive", &error)
    }
    defer { zip_source_free(source) }
    guard let archive = zip_open_from_source(source, ZIP_TRUNCATE, &error) else {
      throw ZipHandle.malformed(name, "expected memory for an archive", &error)
    }
    zip_source_keep(source)
    let pinned = members.map { PinnedBytes(copying: $0.bytes) }
    do throws(ModelError) {
      for (member, bytes) in zip(members, pinned) { try add(member.name, bytes, to: archive, name: name) }
      guard zip_close(archive) == 0 else {
        throw ZipHandle.malformed(name, "expected an archive that can be written", zip_get_error(archive))
      }
    } catch {
      zip_discard(archive)
      throw error
    }
    extendLifetime(pinned)
    return try Self.content(of: source, name: name)
  }

  private func add(
    _ member: String,
    _ bytes: PinnedBytes,
    to archive: OpaquePointer,
    name: String
  ) throws(ModelError) {
    let subject = "\(name)/\(member)"
    guard let source = zip_source_buffer(archive, bytes.bytes.baseAddress, UInt64(bytes.bytes.count), 0) else {
      throw ZipHandle.malformed(subject, "expected memory for a member", zip_get_error(archive))
    }
    let index = zip_file_add(archive, member, source, zip_flags_t(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      zip_source_free(source)
      throw ZipHandle.malformed(subject, "expected a member that can be added", zip_get_error(archive))
    }
    let method = compression == .stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE
    let firstOfJanuary1980: UInt16 = 1 << 5 | 1
    guard zip_set_file_compression(archive, UInt64(index), method, 0) == 0,
      zip_file_set_dostime(archive, UInt64(index), 0, firstOfJanuary1980, 0) == 0
    else {
      throw ZipHandle.malformed(subject, "expected a member that can be added", zip_get_error(archive))
    }
  }

  private static func content(of source: OpaquePointer, name: String) throws(ModelError) -> [UInt8] {
    func failure() -> ModelError {
      ZipHandle.malformed(name, "expected an archive in memory", zip_source_error(source))
    }
    var stat = zip_stat_t()
    guard zip_source_stat(source, &stat) == 0, zip_source_open(source) == 0 else { throw failure() }
    defer { zip_source_close(source) }
    var bytes = [UInt8](repeating: 0, count: Int(stat.size))
    let count = bytes.withUnsafeMutableBytes { zip_source_read(source, $0.baseAddress, UInt64($0.count)) }
    guard count == bytes.count else { throw failure() }
    return bytes
  }
}
