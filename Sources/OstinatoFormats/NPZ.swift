import OstinatoTensors

/// Archives of named arrays, as `numpy.savez` and `numpy.savez_compressed` write them.
public enum NPZ {
  private static let suffix = ".npy"

  /// The arrays of the archive at `path`, by name without `.npy`, converted as ``Tensor/init(npy:name:)`` does.
  /// - Throws: `ModelError.Code.fileAccess` when the file cannot be read, `.malformedFile` when the archive or one of
  ///   its members is not what it claims to be or goes beyond `options`.
  public static func read(path: String, options: LoadOptions = LoadOptions()) throws -> [String: Tensor] {
    try read(ZipArchive(path: path, options: options))
  }

  /// The arrays of the archive in `bytes`, which errors call `name`.
  /// - Throws: `ModelError.Code.malformedFile`, as ``read(path:options:)`` does.
  public static func read(
    bytes: [UInt8],
    name: String,
    options: LoadOptions = LoadOptions()
  ) throws -> [String: Tensor] {
    try read(ZipArchive(bytes: bytes, name: name, options: options))
  }

  /// Writes `tensors` to `path` as an archive that `numpy.load` reads: to a temporary file first, then renamed.
  /// - Throws: `ModelError.Code.fileAccess`; an old file at `path` is then as it was.
  public static func write(_ tensors: [String: Tensor], to path: String, compressed: Bool = false) throws {
    try writer(tensors, compressed: compressed).write(to: path)
  }

  /// The bytes of an archive that `numpy.load` reads.
  /// - Throws: `ModelError.Code.malformedFile` when a name cannot be stored.
  public static func data(_ tensors: [String: Tensor], compressed: Bool = false) throws -> [UInt8] {
    try writer(tensors, compressed: compressed).bytes(name: "npz archive")
  }

  static func read(_ archive: ZipArchive) throws(ModelError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for member in archive.members {
      guard member.name.hasSuffix(suffix) else {
        throw ModelError(.malformedFile, "\(archive.name)/\(member.name)", "expected only .npy members")
      }
      tensors[String(member.name.dropLast(suffix.count))] = try tensor(member, of: archive)
    }
    return tensors
  }

  private static func tensor(_ member: ZipArchive.Member, of archive: ZipArchive) throws(ModelError) -> Tensor {
    let content = try archive.read(member)
    defer { extendLifetime(content) }
    return try Tensor(npy: content.bytes, name: "\(archive.name)/\(member.name)")
  }

  private static func writer(_ tensors: [String: Tensor], compressed: Bool) -> ZipWriter {
    var writer = ZipWriter(compression: compressed ? .deflated : .stored)
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { writer.add(name + suffix, tensor.npyData()) }
    return writer
  }
}
