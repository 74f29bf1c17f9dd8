import OstinatoTensors
import Testing

@testable import OstinatoFormats

/// Models that people have trained, read where this machine has them.
@Suite struct RealFileTests {
  private static let folder = resource("../../../../shared/models")

  private static func files(_ suffixes: [String]) -> [String] {
    guard let names = try? OstinatoFormatsTests.files(below: folder) else { return [] }
    return names.filter { name in suffixes.contains { name.hasSuffix($0) } }
  }

  @Test(arguments: files([".h5", ".hdf5"]))
  func everyTensorOfAnHDF5FileIsRead(_ name: String) throws {
    let file = try HDF5File(path: "\(Self.folder)/\(name)")
    let root = file.contains("model_weights") ? "model_weights" : ""
    let layers = try #require(try file.stringArrayAttribute("layer_names", of: root))
    var count = 0
    for layer in layers {
      let group = root.isEmpty ? layer : "\(root)/\(layer)"
      for weight in try #require(try file.stringArrayAttribute("weight_names", of: group)) {
        #expect(try file.tensor(at: "\(group)/\(weight)").shape == file.shape(at: "\(group)/\(weight)"))
        count += 1
      }
    }
    #expect(count > 0)
  }

  @Test(arguments: files([".keras"]))
  func everyTensorOfAKerasArchiveIsRead(_ name: String) throws {
    let archive = try KerasArchive(path: "\(Self.folder)/\(name)")
    let paths = try archive.weights.datasetPaths(under: "")
    #expect(!paths.isEmpty && archive.config.first == UInt8(ascii: "{"))
    for path in paths where !path.hasPrefix("optimizer") { _ = try archive.weights.tensor(at: path) }
  }

  @Test(arguments: files([".npy"]))
  func everyArrayIsReadAndWrittenBack(_ name: String) throws {
    let bytes = try FileBytes.read("\(Self.folder)/\(name)")
    let tensor = try Tensor(contentsOfNPY: "\(Self.folder)/\(name)")
    let again = tensor.npyData()
    #expect(try again.withUnsafeBytes { try Tensor(npy: $0, name: name) } == tensor)
    #expect(again.count <= bytes.count || tensor.dataType == .int32)
  }
}
