import OstinatoTensors

/// Where a model's weights come from: tensors at paths such as `layers/dense/vars/0`.
package protocol WeightSource: Sendable {
  /// What errors call the source.
  var name: String { get }

  /// Whether there is something at `path`: a tensor, or a group of them.
  func contains(_ path: String) -> Bool

  /// The tensor at `path`.
  /// - Throws: `ModelError.Code.missingWeight` when there is none, `.malformedFile` when it cannot be read.
  func tensor(at path: String) throws(ModelError) -> Tensor

  /// The shape of the tensor at `path`.
  /// - Throws: as ``tensor(at:)`` does.
  func shape(at path: String) throws(ModelError) -> Shape

  /// The paths of all tensors at any depth below `path`.
  /// - Throws: `ModelError.Code.missingWeight` when there is nothing at `path`.
  func datasetPaths(under path: String) throws(ModelError) -> [String]

  /// Compares what has not been read as a whole with its checksums. Tensors can be read meanwhile.
  /// - Throws: `ModelError.Code.malformedFile` when they differ.
  func verify() throws(ModelError)
}

extension WeightSource {
  package func shape(at path: String) throws(ModelError) -> Shape { try tensor(at: path).shape }
}

extension HDF5File: WeightSource {}

/// The weights in a `model.weights.npz`: one array per path.
struct NPZWeights: WeightSource {
  let name: String
  private let tensors: [String: Tensor]
  /// The paths of all tensors, sorted.
  private let paths: [String]

  /// - Throws: as `NPZ.read` does.
  init(bytes: PinnedBytes, name: String, options: LoadOptions) throws(ModelError) {
    try self.init(ZipArchive(bytes: bytes, name: name, options: options))
  }

  /// - Throws: as `NPZ.read` does.
  init(_ archive: ZipArchive) throws(ModelError) {
    name = archive.name
    tensors = try NPZ.read(archive)
    paths = tensors.keys.sorted()
  }

  func contains(_ path: String) -> Bool {
    tensors[path] != nil || path.isEmpty || hasTensors(below: Self.folder(path))
  }

  func tensor(at path: String) throws(ModelError) -> Tensor {
    guard let tensor = tensors[path] else {
      throw ModelError(.missingWeight, "\(name)/\(path)", "expected an array; the file has none of this name")
    }
    return tensor
  }

  func verify() {}

  func datasetPaths(under path: String) throws(ModelError) -> [String] {
    guard contains(path) else {
      throw ModelError(.missingWeight, "\(name)/\(path)", "expected arrays; the file has none below this name")
    }
    return paths.filter { $0.hasPrefix(Self.folder(path)) }
  }

  /// By halving: the first path that is not before `folder` begins with it, or none does.
  private func hasTensors(below folder: String) -> Bool {
    var (low, high) = (0, paths.count)
    while low < high {
      let middle = (low + high) / 2
      if paths[middle] < folder { low = middle + 1 } else { high = middle }
    }
    return low < paths.count && paths[low].hasPrefix(folder)
  }

  private static func folder(_ path: String) -> String {
    path.isEmpty || path.hasSuffix("/") ? path : path + "/"
  }
}
