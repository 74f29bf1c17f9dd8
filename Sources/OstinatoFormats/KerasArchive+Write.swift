import OstinatoTensors

extension KerasArchive {
  /// The bytes of a `.keras` archive; errors call it `name`.
  /// - Throws: `ModelError.Code.malformedFile` when a weight's path or a member's name cannot be stored.
  package static func data(
    config: [UInt8],
    metadata: [UInt8],
    weights: HDF5Writer,
    assets: [String: [UInt8]] = [:],
    name: String
  ) throws(ModelError) -> [UInt8] {
    try writer(config: config, metadata: metadata, weights: weights, assets: assets, name: name).bytes(name: name)
  }

  /// Writes a `.keras` archive to `path`: to a temporary file first, which is then renamed.
  /// - Throws: `ModelError.Code.fileAccess`, and an old file is then as it was; also as
  ///   ``data(config:metadata:weights:assets:name:)`` does.
  package static func write(
    config: [UInt8],
    metadata: [UInt8],
    weights: HDF5Writer,
    assets: [String: [UInt8]] = [:],
    to path: String
  ) throws {
    try writer(config: config, metadata: metadata, weights: weights, assets: assets, name: path).write(to: path)
  }

  private static func writer(
    config: [UInt8],
    metadata: [UInt8],
    weights: HDF5Writer,
    assets: [String: [UInt8]],
    name: String
  ) throws(ModelError) -> ZipWriter {
    var writer = ZipWriter()
    writer.add(MemberName.metadata, metadata)
    writer.add(MemberName.config, config)
    writer.add(MemberName.hdf5Weights, try weights.bytes(name: "\(name)/\(MemberName.hdf5Weights)"))
    for (asset, bytes) in assets.sorted(by: { $0.key < $1.key }) { writer.add(MemberName.assets + asset, bytes) }
    return writer
  }
}
