import OstinatoLayers
import OstinatoTensors

/// A file with weights for a model that is there already.
package enum WeightsFile: Sendable {
  case byPath(PathWeights)
  case byPosition(PositionalWeights)

  /// Opens the file or folder at `path`: HDF5 of either kind or the list of several, an archive of arrays,
  /// or a `.keras` file.
  /// - Throws: `ModelError.Code.fileAccess` when it cannot be read, `.malformedFile` when it is none of these.
  package init(path: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    switch try FileKind(path: path) {
    case .folder:
      self = .byPath(PathWeights(try KerasArchive(path: path, options: options).weights))
    case .zip:
      let archive = try ZipArchive(path: path, options: options)
      let isModel = archive.member(KerasArchive.MemberName.config) != nil
      self = .byPath(
        PathWeights(
          isModel ? try KerasArchive(path: path, options: options).weights : try NPZWeights(archive)))
    case .text:
      let (folder, file) = Self.split(path)
      self = .byPath(
        PathWeights(
          try ShardedWeights(index: file, of: FolderMembers(name: folder, options: options), options: options)))
    case .hdf5:
      let file = try HDF5File(path: path, options: options)
      let group = file.contains("model_weights") ? "model_weights" : ""
      if try file.stringArrayAttribute("layer_names", of: group.isEmpty ? "/" : group) == nil {
        self = .byPath(PathWeights(file))
      } else {
        self = .byPosition(
          PositionalWeights(file, group: group, kerasMajorVersion: try ModelFile.majorVersion(of: file)))
      }
    }
  }

  /// The folder in which a file is, and its name there.
  private static func split(_ path: String) -> (folder: String, file: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  /// Gives a model its weights, in the file's order.
  package var reader: any WeightReader {
    switch self {
    case .byPath(let reader): reader
    case .byPosition(let reader): reader
    }
  }

  /// The weights of the layers of `root` that the file has under their names.
  /// - Throws: `ModelError.Code.malformedFile` when the file has no names.
  package func weightsByName(for root: Sublayer) throws(ModelError) -> LayerWeights {
    guard case .byPosition(let reader) = self else {
      throw ModelError(
        .malformedFile, "", "expected an HDF5 file with attribute layer_names. Received: weights without layers' names")
    }
    return try reader.weightsByName(for: root)
  }
}
