import OstinatoLayers
import OstinatoTensors

/// A file of a whole model: what it says about the layers, and where their weights are.
///
/// What it is, is decided by its content: an HDF5 file, a zip archive, or a folder.
package struct ModelFile: Sendable {
  /// What errors call the file.
  package let name: String
  /// The model in the form that Keras 3 writes.
  package let model: JSONValue
  /// 1, 2 or 3: the Keras that wrote the file.
  package let kerasMajorVersion: Int
  /// Gives the weights to layers.
  package let weights: any WeightReader
  /// How many numbers the optimizer keeps; nil where the model was not trained.
  package let optimizerParameterCount: Int?
  /// The archive, for what else it holds; nil for an HDF5 file.
  package let archive: KerasArchive?

  /// Opens the file or folder at `path`.
  /// - Throws: `ModelError.Code.fileAccess` when it cannot be read, `.malformedFile` when it is no model.
  package init(path: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    switch try FileKind(path: path) {
    case .hdf5: try self.init(HDF5File(path: path, options: options))
    case .zip, .folder: try self.init(KerasArchive(path: path, options: options))
    case .text: throw FileKind.failure(path, received: "a text, as of a list of weights files")
    }
  }

  private init(_ archive: KerasArchive) throws(ModelError) {
    let config = try JSONValue(parsing: archive.config, name: "\(archive.name)/\(KerasArchive.MemberName.config)")
    let metadata = try archive.metadata.map { bytes throws(ModelError) in
      try JSONValue(parsing: bytes, name: "\(archive.name)/\(KerasArchive.MemberName.metadata)")
    }
    name = archive.name
    kerasMajorVersion = Self.majorVersion(metadata?["keras_version"]?.string) ?? 3
    model = ConfigUpgrade.model(config, from: kerasMajorVersion)
    weights = PathWeights(archive.weights, archive: archive)
    optimizerParameterCount = archive.optimizerParameterCount(config)
    self.archive = archive
  }

  private init(_ file: HDF5File) throws(ModelError) {
    guard let text = try file.stringAttribute("model_config", of: "/") else {
      throw ModelError(
        .malformedFile, file.name,
        "expected attribute model_config, which says what the layers are. Received: none, as in a file of weights alone"
      )
    }
    let config = try JSONValue(parsing: Array(text.utf8), name: "\(file.name)/model_config")
    name = file.name
    kerasMajorVersion = try Self.majorVersion(of: file)
    model =
      kerasMajorVersion < 3
      ? ConfigUpgrade.model(config, from: kerasMajorVersion) : ConfigUpgrade.markingOperations(config)
    weights = PositionalWeights(file, group: "model_weights", kerasMajorVersion: kerasMajorVersion)
    optimizerParameterCount = nil
    archive = nil
  }

  /// The Keras that wrote an HDF5 file. Keras 1 did not say.
  static func majorVersion(of file: HDF5File) throws(ModelError) -> Int {
    majorVersion(try file.stringAttribute("keras_version", of: "/")) ?? 1
  }

  /// The first number of `2.2.4-tf`.
  private static func majorVersion(_ version: String?) -> Int? {
    version.flatMap { Int($0.prefix { $0 != "." }) }
  }
}

extension KerasArchive {
  /// How many numbers the optimizer keeps for a model of this config.
  ///
  /// Before training there are two at most, the count of steps and the rate: then Keras does not count them either,
  /// unless that is all that the optimizer ever has.
  fileprivate func optimizerParameterCount(_ config: JSONValue) -> Int? {
    let root = "optimizer"
    guard let optimizer = config["compile_config"]?["optimizer"], weights.contains(root),
      let paths = try? weights.datasetPaths(under: root)
    else { return nil }
    let hasNoMore = optimizer["class_name"]?.string == "SGD" && (optimizer["config"]?["momentum"]?.double ?? 0) == 0
    guard paths.count > 2 || hasNoMore && paths.count == 2 else { return nil }
    return paths.reduce(0) { $0 + ((try? weights.shape(at: $1).elementCount) ?? 0) }
  }
}

/// What a file is, by how it begins.
package enum FileKind: Sendable {
  case hdf5
  case zip
  case folder
  /// JSON, which lists files of weights.
  case text

  /// - Throws: `ModelError.Code.fileAccess` when there is no such file, `.malformedFile` when it is none of these.
  package init(path: String) throws(ModelError) {
    if FileBytes.isDirectory(path) {
      self = .folder
      return
    }
    let beginning = try FileBytes.prefix(of: path, count: Self.hdf5Offsets[3] + Self.hdf5Signature.count)
    if beginning.starts(with: Self.zipSignature) {
      self = .zip
    } else if Self.hdf5Offsets.contains(where: { beginning.dropFirst($0).starts(with: Self.hdf5Signature) }) {
      self = .hdf5
    } else if beginning.first == UInt8(ascii: "{") {
      self = .text
    } else {
      throw Self.failure(path, received: beginning.isEmpty ? "an empty file" : "a file that begins otherwise")
    }
  }

  fileprivate static func failure(_ path: String, received: String) -> ModelError {
    ModelError(.malformedFile, path, "expected an HDF5 file, a zip archive or a folder. Received: \(received)")
  }

  private static let zipSignature: [UInt8] = [0x50, 0x4B]
  private static let hdf5Signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
  /// A block of the user's may come first.
  private static let hdf5Offsets = [0, 512, 1024, 2048]
}
