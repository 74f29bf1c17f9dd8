import CZip
import OstinatoTensors
import Synchronization

/// A zip archive opened for reading, from a path or from memory. Nothing is ever unpacked to disk.
///
/// Opening it checks every member's name, method, encryption and claimed size, so that reading one can only fail where
/// its data is damaged.
package final class ZipArchive: Sendable {
  /// A file of the archive.
  package struct Member: Sendable, Hashable {
    /// The name with `/` between folders.
    package let name: String
    /// The number of bytes after inflation.
    package let size: Int
    /// Whether the data is compressed by deflate; otherwise it is stored as it is.
    package let isDeflated: Bool
    fileprivate let index: UInt64
  }

  /// What errors call the archive.
  package let name: String
  /// The files, in the order of the archive's directory. Folders are left out.
  package let members: [Member]
  private let membersByName: [String: Member]
  private let handle: Mutex<ZipHandle>
  private let place: ZipHandle.Place

  /// Opens the archive at `path`.
  /// - Throws: `ModelError.Code.fileAccess` when the file cannot be read, `.malformedFile` when it is not an archive
  ///   that can be read safely.
  package convenience init(path: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    try self.init(.file(path), name: path, options: options)
  }

  /// Opens the archive in `bytes`, which errors call `name`.
  /// - Throws: `ModelError.Code.malformedFile` when it is not an archive that can be read safely.
  package convenience init(bytes: [UInt8], name: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    try self.init(bytes: PinnedBytes(copying: bytes), name: name, options: options)
  }

  /// Opens the archive in `bytes`, in place; errors call it `name`.
  /// - Throws: `ModelError.Code.malformedFile` when it is not an archive that can be read safely.
  package convenience init(bytes: PinnedBytes, name: String, options: LoadOptions) throws(ModelError) {
    try self.init(.memory(bytes), name: name, options: options)
  }

  private init(_ place: ZipHandle.Place, name: String, options: LoadOptions) throws(ModelError) {
    let handle = try ZipHandle(place, name: name)
    let directory = try handle.members(archive: name, options: options)
    members = directory
    membersByName = Dictionary(directory.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.name = name
    self.place = place
    self.handle = Mutex(handle)
  }

  /// The member called `name`, or nil.
  package func member(_ name: String) -> Member? { membersByName[name] }

  /// The bytes of `member`, inflated.
  /// - Throws: `ModelError.Code.malformedFile` when the data is damaged or has not the size that it claims.
  package func read(_ member: Member) throws(ModelError) -> PinnedBytes {
    try PinnedBytes(count: member.size) { (target) throws(ModelError) in
      try handle.withLock { (handle) throws(ModelError) in
        try handle.read(member.index, into: target, subject: "\(name)/\(member.name)")
      }
    }
  }
}

// MARK: - Parts of members

extension ZipArchive {
  /// The bytes of `member`, for reading in parts: from the archive where they are stored as they are, else from memory.
  ///
  /// Parts from the archive are compared with no checksum before ``ByteSource/verify()`` is called.
  /// - Throws: as ``read(_:)`` does.
  func source(of member: Member) throws(ModelError) -> any ByteSource {
    member.isDeflated ? try read(member) : StoredMember(archive: self, member: member)
  }

  /// A member that is not compressed.
  private struct StoredMember: ByteSource {
    let archive: ZipArchive
    let member: Member

    var byteCount: Int { member.size }
    private var subject: String { "\(archive.name)/\(member.name)" }

    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(ModelError) {
      try archive.handle.withLock { (handle) throws(ModelError) in
        try handle.read(member.index, at: offset, into: target, subject: subject)
      }
    }

    /// Opens the archive once more, so that nobody who reads has to wait.
    func verify() throws(ModelError) {
      try ZipHandle(archive.place, name: archive.name).verify(member.index, byteCount: byteCount, subject: subject)
    }
  }
}

// MARK: - What a member may be

extension ZipHandle {
  /// The archive's files after all checks.
  fileprivate borrowing func members(
    archive: String,
    options: LoadOptions
  ) throws(ModelError) -> [ZipArchive.Member] {
    var members: [ZipArchive.Member] = []
    var names: Set<String> = []
    var total = 0
    for index in 0..<count {
      let entry = try entry(at: index, archive: archive)
      let subject = "\(archive)/\(entry.name)"
      guard ZipArchive.isSafe(entry.name) else {
        throw ModelError(.malformedFile, archive, "expected member names inside the archive; received \(entry.name)")
      }
      guard names.insert(entry.name).inserted else {
        throw ModelError(.malformedFile, subject, "expected one member of this name; the archive has several")
      }
      guard !entry.name.hasSuffix("/") else { continue }
      let member = try member(entry, index: index, subject: subject)
      total = try Self.add(member.size, to: total, archive: archive, options: options)
      members.append(member)
    }
    return members
  }

  private borrowing func member(
    _ entry: Entry,
    index: UInt64,
    subject: String
  ) throws(ModelError) -> ZipArchive.Member {
    guard !entry.isEncrypted else {
      throw ModelError(.malformedFile, subject, "expected a member that is not encrypted")
    }
    guard entry.method == ZIP_CM_STORE || entry.method == ZIP_CM_DEFLATE else {
      throw ModelError(
        .malformedFile,
        subject,
        "expected a stored or deflated member; received compression method \(entry.method)"
      )
    }
    guard let size = Int(exactly: entry.size), let stored = Int(exactly: entry.storedSize),
      Deflate.canInflate(stored, to: size)
    else {
      throw ModelError(
        .malformedFile,
        subject,
        "expected a size that \(entry.storedSize) bytes can hold; received \(entry.size)"
      )
    }
    return ZipArchive.Member(name: entry.name, size: size, isDeflated: entry.method == ZIP_CM_DEFLATE, index: index)
  }

  private static func add(
    _ size: Int,
    to total: Int,
    archive: String,
    options: LoadOptions
  ) throws(ModelError) -> Int {
    let (sum, overflow) = total.addingReportingOverflow(size)
    guard !overflow, sum <= options.maximumBytes else {
      throw ModelError(
        .malformedFile,
        archive,
        "expected at most \(options.maximumBytes) bytes after inflation; the archive has more"
      )
    }
    return sum
  }
}

extension ZipArchive {
  /// Whether `name` stays inside the archive wherever it is unpacked.
  static func isSafe(_ name: String) -> Bool {
    let parts = (name.hasSuffix("/") ? name.dropLast() : name[...]).split(
      separator: "/",
      omittingEmptySubsequences: false
    )
    return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
      && !name.utf8.contains { $0 == UInt8(ascii: "\\") || $0 < 0x20 || $0 == 0x7F }
      && !(parts.first?.hasSuffix(":") ?? false)
  }
}
