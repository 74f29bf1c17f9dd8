import OstinatoTensors
import Synchronization

/// An HDF5 file opened for reading.
///
/// Every number in it is compared with what the file has before it is used, so a damaged or hostile file gives an error.
/// Paths have `/` between their parts, with or without one in front. A name that itself holds a `/` is a path like any
/// other, for that is how its writer has stored it. Soft and external links are never followed.
package final class HDF5File: Sendable {
  /// What changes while a file is read.
  private struct State {
    /// The bytes that tensors may yet take.
    var remainingBytes: Int
    /// Groups that have been read, by the addresses of their headers.
    var groups: [Int: HDF5Group] = [:]
    var linkCount = 0
  }

  /// What errors call the file.
  package let name: String
  private let options: LoadOptions
  private let storage: HDF5Storage
  private let root: Int
  private let state: Mutex<State>
  /// Where the tensors lie.
  private let slab = TensorSlab()

  /// Opens the file at `path`.
  /// - Throws: `ModelError.Code.fileAccess` when it cannot be read, `.malformedFile` when it is not an HDF5 file.
  package convenience init(path: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    try self.init(OpenFile(path: path), name: path, options: options)
  }

  /// Opens the file that `image` holds, in place; errors call it `name`.
  /// - Throws: `ModelError.Code.malformedFile` when it is not an HDF5 file.
  package convenience init(
    image: PinnedBytes,
    name: String,
    options: LoadOptions = LoadOptions()
  ) throws(ModelError) {
    try self.init(image as any ByteSource, name: name, options: options)
  }

  /// Opens the file that `source` holds; errors call it `name`.
  /// - Throws: `ModelError.Code.malformedFile` when it is not an HDF5 file.
  init(_ source: any ByteSource, name: String, options: LoadOptions) throws(ModelError) {
    let superblock: HDF5Superblock
    do {
      superblock = try HDF5Superblock(of: WindowedSource(source))
    } catch {
      throw error.named(name)
    }
    self.name = name
    self.options = options
    storage = superblock.storage
    root = superblock.root
    state = Mutex(State(remainingBytes: options.maximumBytes))
  }
}

extension HDF5File {
  /// Compares the file with the checksum that the archive around it has, by a way of its own: others may read meanwhile.
  /// - Throws: `ModelError.Code.malformedFile` when they differ.
  package func verify() throws(ModelError) { try storage.source.verify() }
}

// MARK: - Tensors

extension HDF5File {
  /// The shape of the dataset at `path`.
  /// - Throws: as ``tensor(at:)`` does.
  package func shape(at path: String) throws(ModelError) -> Shape {
    try reading(path) { () throws(ModelError) in try dataset(object(at: path, \.isDataset, "a dataset")).shape }
  }

  /// The dataset at `path`: floats of two, four or eight bytes and bfloat16 as `float32`, integers and bools as `int32`.
  /// - Throws: `ModelError.Code.missingWeight` when there is no such dataset; `.malformedFile` when it is not numbers,
  ///   lies elsewhere, is damaged, or goes beyond the limits, or when an integer does not fit an `int32`.
  package func tensor(at path: String) throws(ModelError) -> Tensor {
    try reading(path) { () throws(ModelError) in
      let object = try object(at: path, \.isDataset, "a dataset")
      let dataset = try dataset(object)
      try reserve(dataset.shape.elementCount * DataType.byteCount)
      var walk = HDF5Walk(storage)
      let mark = try HDF5Attribute.find("dtype", of: object, &walk)?.strings(&walk)
      return try dataset.tensor(isMarkedBFloat16: mark == ["bfloat16"], in: slab)
    }
  }

  private func dataset(_ object: HDF5Object) throws(ModelError) -> HDF5Dataset {
    try HDF5Dataset(object, storage: storage, maximumBytes: options.maximumBytes)
  }

  /// Counts the bytes of a tensor.
  private func reserve(_ byteCount: Int) throws(ModelError) {
    try state.withLock { (state) throws(ModelError) in
      guard byteCount <= state.remainingBytes else {
        throw .hdf5("expected at most \(options.maximumBytes) bytes in all tensors of the file")
      }
      state.remainingBytes -= byteCount
    }
  }
}

// MARK: - Attributes

extension HDF5File {
  /// The string attribute `attribute` of the object at `path`; nil when the object has none.
  /// - Throws: `ModelError.Code.missingWeight` without such an object, `.malformedFile` when it is not one string.
  package func stringAttribute(_ attribute: String, of path: String) throws(ModelError) -> String? {
    guard let texts = try texts(attribute, of: path) else { return nil }
    guard texts.count == 1 else {
      throw ModelError(
        .malformedFile, subject(path), "expected one string in attribute \(attribute); it has \(texts.count)")
    }
    return texts[0]
  }

  /// The list of strings in `attribute` of the object at `path`; nil when the object has none.
  ///
  /// Keras splits a long list over `layer_names0`, `layer_names1` and so on; they come as one.
  /// - Throws: as ``stringAttribute(_:of:)`` does.
  package func stringArrayAttribute(_ attribute: String, of path: String) throws(ModelError) -> [String]? {
    if let whole = try texts(attribute, of: path) { return whole }
    var parts: [String] = []
    var count = 0
    while let part = try texts("\(attribute)\(count)", of: path) {
      parts += part
      count += 1
    }
    return count == 0 ? nil : parts
  }

  /// The integer in `attribute` of the object at `path`; nil when the object has none.
  /// - Throws: as ``stringAttribute(_:of:)`` does, when it is not one integer.
  package func intAttribute(_ attribute: String, of path: String) throws(ModelError) -> Int? {
    try reading(path) { () throws(ModelError) in
      var walk = HDF5Walk(storage)
      return try HDF5Attribute.find(attribute, of: object(at: path), &walk)?.integer()
    }
  }

  private func texts(_ attribute: String, of path: String) throws(ModelError) -> [String]? {
    try reading(path) { () throws(ModelError) in
      var walk = HDF5Walk(storage)
      return try HDF5Attribute.find(attribute, of: object(at: path), &walk)?.strings(&walk)
    }
  }
}

// MARK: - Objects

extension HDF5File {
  /// Whether there is a group, a dataset or a link at `path`.
  package func contains(_ path: String) -> Bool {
    do {
      return try address(of: path) != nil
    } catch {
      return true
    }
  }

  /// The names of the groups directly in the group at `path`, in alphabetical order.
  /// - Throws: `ModelError.Code.missingWeight` when there is no such group, `.malformedFile` when it holds a soft or
  ///   external link.
  package func groupNames(in path: String) throws(ModelError) -> [String] {
    var walk = HDF5Walk(storage)
    return try children(of: path, at: groupAddress(path), &walk).filter(\.isGroup).map(\.name)
  }

  /// The names of the datasets directly in the group at `path`, in alphabetical order.
  /// - Throws: as ``groupNames(in:)`` does.
  package func datasetNames(in path: String) throws(ModelError) -> [String] {
    var walk = HDF5Walk(storage)
    return try children(of: path, at: groupAddress(path), &walk).filter(\.isDataset).map(\.name)
  }

  /// The paths of all datasets at any depth below the group at `path`, each relative to the root.
  /// - Throws: as ``groupNames(in:)`` does; also when there are more objects than any model has.
  package func datasetPaths(under path: String) throws(ModelError) -> [String] {
    var paths: [String] = []
    var groups = [(path: path, address: try groupAddress(path), above: [Int]())]
    var count = 0
    // One for all: however often its groups contain one another, a file is not read more than a few times over.
    var walk = HDF5Walk(storage)
    while let (group, address, above) = groups.popLast() {
      let prefix = group.isEmpty || group.hasSuffix("/") ? group : group + "/"
      let children = try children(of: group, at: address, &walk)
      count += children.count
      guard count <= Self.maximumObjects, above.count <= Self.maximumDepth,
        !children.contains(where: { above.contains($0.address) })
      else {
        throw ModelError(.malformedFile, subject(path), "expected a tree of groups; it is endless or has a cycle")
      }
      paths += children.filter(\.isDataset).map { prefix + $0.name }
      groups += children.filter(\.isGroup).map { (prefix + $0.name, $0.address, above + [$0.address]) }.reversed()
    }
    return paths
  }

  /// More than any model has.
  private static let maximumObjects = 100_000
  private static let maximumDepth = 64

  private typealias Child = (name: String, address: Int, isGroup: Bool, isDataset: Bool)

  /// What is in the group at `path`, whose header is at `address`.
  private func children(of path: String, at address: Int, _ walk: inout HDF5Walk) throws(ModelError) -> [Child] {
    let group = try reading(path) { () throws(ModelError) in
      guard let group = try self.group(at: address, &walk) else {
        throw .hdf5("expected a group; it is something else")
      }
      return group
    }
    var children: [Child] = []
    for name in group.names {
      try reading("\(path)/\(name)") { () throws(ModelError) in
        guard let address = try group.address(of: name) else { return }
        let isKnown = state.withLock { $0.groups[address] != nil }
        let object = isKnown ? nil : try HDF5Object(at: address, &walk)
        children.append((name, address, object?.isGroup ?? true, object?.isDataset ?? false))
      }
    }
    return children
  }

  /// Where the header of the group at `path` is.
  /// - Throws: `ModelError.Code.missingWeight` when there is nothing at `path`.
  private func groupAddress(_ path: String) throws(ModelError) -> Int {
    try reading(path) { () throws(ModelError) in
      guard let address = try address(of: path) else { throw Self.missing("a group") }
      return address
    }
  }

  /// The object at `path`.
  /// - Throws: `ModelError.Code.missingWeight` when there is none, or it is not what `isExpected` asks.
  private func object(
    at path: String, _ isExpected: KeyPath<HDF5Object, Bool>? = nil, _ expected: String = "an object"
  ) throws(ModelError) -> HDF5Object {
    guard let address = try address(of: path) else { throw Self.missing(expected) }
    var walk = HDF5Walk(storage)
    let object = try HDF5Object(at: address, &walk)
    guard isExpected.map({ object[keyPath: $0] }) ?? true else {
      throw .hdf5("expected \(expected); it is something else")
    }
    return object
  }

  /// Where the header of the object at `path` is; nil when there is none.
  /// - Throws: when a link on the way is not a hard link, or a group on the way is damaged.
  private func address(of path: String) throws(ModelError) -> Int? {
    var address = root
    var walk = HDF5Walk(storage)
    for part in path.utf8.split(separator: UInt8(ascii: "/")).map({ String(Substring($0)) }) where part != "." {
      guard let next = try group(at: address, &walk)?.address(of: part) else { return nil }
      address = next
    }
    return address
  }

  /// The group whose header is at `address`; nil for another object.
  private func group(at address: Int, _ walk: inout HDF5Walk) throws(ModelError) -> HDF5Group? {
    if let known = state.withLock({ $0.groups[address] }) { return known }
    let object = try HDF5Object(at: address, &walk)
    guard object.isGroup else { return nil }
    let group = try HDF5Group(object, &walk)
    state.withLock { state in
      if state.linkCount > Self.maximumObjects { (state.groups, state.linkCount) = ([:], 0) }
      state.groups[address] = group
      state.linkCount += group.count + 1
    }
    return group
  }

  // MARK: Errors

  private static func missing(_ expected: String) -> ModelError {
    ModelError(.missingWeight, "", "expected \(expected); the file has nothing of this name")
  }

  /// What errors call the object at `path`.
  private func subject(_ path: String) -> String {
    path.isEmpty || path == "/" ? name : "\(name)/\(path.hasPrefix("/") ? String(path.dropFirst()) : path)"
  }

  /// Calls `body`, whose failures are about the object at `path`.
  private func reading<Result>(_ path: String, _ body: () throws(ModelError) -> Result) throws(ModelError) -> Result {
    do {
      return try body()
    } catch {
      throw error.named(subject(path))
    }
  }
}

extension ModelError {
  /// The failure with a subject, if it has none.
  fileprivate func named(_ subject: String) -> ModelError { self.subject.isEmpty ? within(subject) : self }
}
