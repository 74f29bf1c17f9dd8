import OstinatoTensors

/// A `.keras` file of Keras 3, or the folder that it unpacks to: a configuration, weights and assets.
package struct KerasArchive: Sendable {
  /// What errors call the archive.
  package let name: String
  /// `config.json`: the tree of layers.
  package let config: [UInt8]
  /// `metadata.json`: who has saved the model, if the archive says so.
  package let metadata: [UInt8]?
  /// `model.weights.h5`, or else `model.weights.npz`, or else the files that `model.weights.json` names.
  package let weights: any WeightSource
  private let members: any MemberStore

  /// The names of the members that Keras puts there.
  package enum MemberName {
    package static let config = "config.json"
    package static let metadata = "metadata.json"
    package static let hdf5Weights = "model.weights.h5"
    package static let npzWeights = "model.weights.npz"
    package static let shardedWeights = "model.weights.json"
    package static let assets = "assets/"
  }

  /// Opens the archive or folder at `path`.
  /// - Throws: `ModelError.Code.fileAccess` when it cannot be read, `.malformedFile` when a member is missing or is not
  ///   what it claims to be.
  package init(path: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    let members: any MemberStore =
      FileBytes.isDirectory(path)
      ? FolderMembers(name: path, options: options) : try ZipArchive(path: path, options: options)
    try self.init(members, options: options)
  }

  /// Opens the archive in `bytes`, which errors call `name`.
  /// - Throws: `ModelError.Code.malformedFile`, as ``init(path:options:)`` does.
  package init(bytes: [UInt8], name: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    try self.init(ZipArchive(bytes: bytes, name: name, options: options), options: options)
  }

  private init(_ members: any MemberStore, options: LoadOptions) throws(ModelError) {
    guard let config = try members.read(MemberName.config) else {
      throw Self.missing(MemberName.config, of: members.name)
    }
    self.members = members
    self.config = config.array
    name = members.name
    metadata = try members.read(MemberName.metadata).map { $0.array }
    weights = try Self.weights(of: members, options: options)
  }

  /// The names of the assets, such as `layers/text_vectorization/vocabulary.txt`.
  /// - Throws: `ModelError.Code.fileAccess` when a folder cannot be listed.
  package func assetNames() throws(ModelError) -> [String] {
    try members.names().filter { $0.hasPrefix(MemberName.assets) }.map { String($0.dropFirst(MemberName.assets.count)) }
  }

  /// The content of the asset `asset`.
  /// - Throws: `ModelError.Code.malformedFile` when there is none of this name, or it is damaged.
  package func asset(_ asset: String) throws(ModelError) -> [UInt8] {
    guard let content = try members.read(MemberName.assets + asset) else {
      throw Self.missing(MemberName.assets + asset, of: name)
    }
    return content.array
  }

  private static func weights(
    of members: any MemberStore,
    options: LoadOptions
  ) throws(ModelError) -> any WeightSource {
    if let source = try members.source(MemberName.hdf5Weights) {
      return try HDF5File(source, name: "\(members.name)/\(MemberName.hdf5Weights)", options: options)
    }
    if let content = try members.read(MemberName.npzWeights) {
      return try NPZWeights(bytes: content, name: "\(members.name)/\(MemberName.npzWeights)", options: options)
    }
    if try members.names().contains(MemberName.shardedWeights) {
      return try ShardedWeights(index: MemberName.shardedWeights, of: members, options: options)
    }
    throw missing(MemberName.hdf5Weights, of: members.name)
  }

  private static func missing(_ member: String, of archive: String) -> ModelError {
    ModelError(.malformedFile, archive, "expected a member \(member); there is none")
  }
}
