import OstinatoLayers
import OstinatoTensors

/// Weights in several HDF5 files, and a text that names those of each layer: `model.weights.json`.
///
/// Source: `ShardedH5IOStore` in `keras/src/saving/saving_lib.py`.
struct ShardedWeights: WeightSource {
  let name: String
  /// Each has whole tensors; those of one layer may lie in several.
  private let shards: [HDF5File]

  /// Opens the files that `index`, a member of `members`, names.
  /// - Throws: `ModelError.Code.malformedFile` when it is no such text, or one of the files is missing or damaged.
  init(index: String, of members: any MemberStore, options: LoadOptions) throws(ModelError) {
    name = "\(members.name)/\(index)"
    guard let text = try members.read(index) else {
      throw ModelError(.malformedFile, members.name, "expected a member \(index); there is none")
    }
    guard let map = try JSONValue(parsing: text.array, name: name)["weight_map"]?.object else {
      throw ModelError(.malformedFile, name, "expected `weight_map`, which says where weights are. Received: none")
    }
    let files = Set(map.values.flatMap { $0.array ?? [$0] }.compactMap(\.string)).sorted()
    shards = try files.map { file throws(ModelError) in
      guard let source = try members.source(file) else {
        throw ModelError(.malformedFile, "\(members.name)/\(index)", "expected a file \(file) beside it; there is none")
      }
      return try HDF5File(source, name: "\(members.name)/\(file)", options: options)
    }
  }

  func contains(_ path: String) -> Bool { shards.contains { $0.contains(path) } }

  func tensor(at path: String) throws(ModelError) -> Tensor { try shard(with: path).tensor(at: path) }
  func shape(at path: String) throws(ModelError) -> Shape { try shard(with: path).shape(at: path) }

  func verify() throws(ModelError) {
    for shard in shards { try shard.verify() }
  }

  private func shard(with path: String) throws(ModelError) -> HDF5File {
    guard let shard = shards.first(where: { $0.contains(path) }) else {
      throw ModelError(.missingWeight, "\(name)/\(path)", "expected a dataset; none of the files has one of this name")
    }
    return shard
  }

  func datasetPaths(under path: String) throws(ModelError) -> [String] {
    var paths: [String] = []
    for shard in shards where path.isEmpty || shard.contains(path) { paths += try shard.datasetPaths(under: path) }
    return paths
  }
}
