import CHDF5
import OstinatoTensors
import Synchronization

/// An HDF5 file opened for reading.
///
/// Paths have `/` between their parts, with or without one in front. A name that itself holds a `/` is a path like any
/// other, for that is how its writer has stored it. Soft and external links are never followed.
package final class HDF5File: @unchecked Sendable {
  /// What errors call the file.
  package let name: String
  let options: LoadOptions
  let id: hid_t
  /// The size of the file.
  let byteCount: Int
  /// The bytes that tensors may yet take. Guarded by the library's lock, as every use of `id` is.
  var remainingBytes: Int
  private let image: PinnedBytes?

  /// Opens the file at `path`.
  /// - Throws: `ModelError.Code.fileAccess` when it cannot be read, `.malformedFile` when it is not an HDF5 file.
  package convenience init(path: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    _ = try FileBytes.size(path)
    try self.init(fileName: path, name: path, image: nil, options: options)
  }

  /// Opens the file that `image` holds, in place; errors call it `name`.
  /// - Throws: `ModelError.Code.malformedFile` when it is not an HDF5 file.
  package convenience init(
    image: PinnedBytes,
    name: String,
    options: LoadOptions = LoadOptions()
  ) throws(ModelError) {
    guard !image.bytes.isEmpty else { throw ModelError(.malformedFile, name, "expected an HDF5 file; it is empty") }
    // The library takes two images of one name for the same file.
    let unique = "image-\(Self.imageCount.wrappingAdd(1, ordering: .relaxed).newValue)"
    try self.init(fileName: unique, name: name, image: image, options: options)
  }

  private static let imageCount = Atomic<Int>(0)

  private init(fileName: String, name: String, image: PinnedBytes?, options: LoadOptions) throws(ModelError) {
    let (id, byteCount) = try HDF5Library.locked { () throws(ModelError) in
      try Self.open(fileName, name: name, image: image)
    }
    self.id = id
    self.byteCount = byteCount
    self.name = name
    self.options = options
    self.image = image
    remainingBytes = options.maximumBytes
  }

  deinit {
    _ = try? HDF5Library.locked { () throws(ModelError) in H5Fclose(id) }
    extendLifetime(image)
  }

  private static func open(
    _ fileName: String,
    name: String,
    image: PinnedBytes?
  ) throws(ModelError) -> (hid_t, Int) {
    func failure() -> ModelError { ModelError(.malformedFile, name, "expected an HDF5 file; it is damaged or another") }

    let access = try HDF5Handle(H5Pcreate(ostinato_h5_file_access()), orThrow: failure())
    ostinato_h5_ignore_file_locks(access.id)
    // Closing the file closes whatever the library has left open in it, so that nothing refers to the image afterwards.
    H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG)
    if let image {
      guard HDF5Image.lend(image, to: access.id) else { throw failure() }
    }
    let id = H5Fopen(fileName, ostinato_h5_read_only(), access.id)
    guard id >= 0 else { throw failure() }
    var size: hsize_t = 0
    guard H5Fget_filesize(id, &size) >= 0, let byteCount = Int(exactly: size) else {
      H5Fclose(id)
      throw failure()
    }
    return (id, byteCount)
  }
}

// MARK: - What it holds

extension HDF5File {
  /// Whether there is a group, a dataset or a link at `path`.
  package func contains(_ path: String) -> Bool {
    do {
      return try HDF5Library.locked { () throws(ModelError) in try resolve(path) != nil }
    } catch {
      return true
    }
  }

  /// The names of the groups directly in the group at `path`, in alphabetical order.
  /// - Throws: `ModelError.Code.missingWeight` when there is no such group, `.malformedFile` when it holds a soft or
  ///   external link.
  package func groupNames(in path: String) throws(ModelError) -> [String] {
    try children(of: path).filter(\.isGroup).map(\.name)
  }

  /// The names of the datasets directly in the group at `path`, in alphabetical order.
  /// - Throws: as ``groupNames(in:)`` does.
  package func datasetNames(in path: String) throws(ModelError) -> [String] {
    try children(of: path).filter(\.isDataset).map(\.name)
  }

  /// The paths of all datasets at any depth below the group at `path`, each relative to the root.
  /// - Throws: as ``groupNames(in:)`` does; also when there are more objects than any model has.
  package func datasetPaths(under path: String) throws(ModelError) -> [String] {
    var paths: [String] = []
    var groups = [path]
    var count = 0
    while let group = groups.popLast() {
      let prefix = group.isEmpty || group.hasSuffix("/") ? group : group + "/"
      let children = try children(of: group)
      count += children.count
      guard count <= Self.maximumObjects, group.count(where: { $0 == "/" }) <= Self.maximumDepth else {
        throw ModelError(.malformedFile, subject(path), "expected a tree of groups; it is endless or has a cycle")
      }
      paths += children.filter(\.isDataset).map { prefix + $0.name }
      groups += children.filter(\.isGroup).map { prefix + $0.name }.reversed()
    }
    return paths
  }

  private func children(of path: String) throws(ModelError) -> [HDF5Child] {
    try HDF5Library.locked { () throws(ModelError) -> [HDF5Child] in try listChildren(of: path) }
  }

  /// A group may contain itself, so a walk needs an end.
  private static let maximumObjects = 100_000
  private static let maximumDepth = 64
}
