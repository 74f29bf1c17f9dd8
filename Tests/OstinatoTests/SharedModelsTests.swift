import Foundation
import Ostinato
import Testing

/// Models that people ship, where they are present beside the repository: every file of each against Keras' outputs.
@Suite struct SharedModelsTests {
  @Test(arguments: SharedModel.files)
  func agreesWithKeras(_ file: SharedModel) throws {
    let model = try Model(contentsOf: file.path)
    for name in try file.cases() {
      let outputs = try model.predict(inputs: try file.tensors(name + "_input"))
      let expected = try file.tensors(name + "_output")
      try #require(outputs.map(\.shape) == expected.map(\.shape), "\(name)")
      for (index, (output, golden)) in zip(outputs, expected).enumerated() {
        let difference = output.difference(from: golden, relative: 1e-4, absolute: 1e-5)
        #expect(difference == nil, "\(name), output \(index)")
      }
    }
  }

  /// The authors' own files of weights give the models that were rebuilt from them.
  @Test(
    .enabled(if: !SharedModel.files.isEmpty),
    arguments: [
      ("deepcut", "model_k3.h5", "weights_original.h5", false), ("deepcut", "model.keras", "model.keras", false),
      ("textgenrnn", "model_k3.h5", "weights_original.hdf5", true),
      ("reactionrnn", "model.h5", "weights_original.hdf5", true),
      ("dgaintel", "model.keras", "model.h5", false), ("dgaintel", "model.h5", "model.h5", true),
    ])
  func weightsAreLoaded(_ folder: String, _ model: String, _ weights: String, _ byName: Bool) throws {
    let folder = SharedModel.folder.appending(path: folder)
    let expected = try Model(contentsOf: folder.appending(path: model).path)
    var loaded = expected
    try loaded.loadWeights(contentsOf: folder.appending(path: weights).path, byName: byName)
    let inputs = try SharedModel(path: folder.appending(path: model).path).tensors("b1_input")
    #expect(try loaded.predict(inputs: inputs) == expected.predict(inputs: inputs))
  }

  @Test(.enabled(if: !SharedModel.files.isEmpty))
  func aCustomLayerIsNamed() throws {
    let path = SharedModel.folder.appending(path: "crema_chord/model_original.h5").path
    #expect(
      try errorMessage { _ = try Model(contentsOf: path) }.hasPrefix(
        "\(path): squeeze_layer_1 (SqueezeLayer): expected a built-in Keras layer"))
  }
}

/// One file of a model in `../shared/models`.
struct SharedModel: Sendable, CustomTestStringConvertible {
  let path: String

  var testDescription: String { path.split(separator: "/").suffix(2).joined(separator: "/") }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/models")
    .standardized

  /// Every whole model; files of weights alone and with custom layers are called original.
  static let files: [SharedModel] =
    (FileManager.default.subpaths(atPath: folder.path) ?? [])
    .filter { [".keras", ".h5"].contains(where: $0.hasSuffix) && !$0.contains("_original.") }.sorted()
    .map { SharedModel(path: folder.appending(path: $0).path) }

  private var folder: URL { URL(filePath: path).deletingLastPathComponent() }

  private struct Description: Decodable {
    let cases: [String: Case]
    struct Case: Decodable {}
  }

  /// The names of the inputs and outputs that go together: `b1`, `b8`.
  func cases() throws -> [String] {
    let description = try JSONDecoder().decode(
      Description.self, from: Data(contentsOf: folder.appending(path: "meta.json")))
    return description.cases.keys.sorted()
  }

  /// `stem.npy`, or `stem0.npy`, `stem1.npy`, …
  func tensors(_ stem: String) throws -> [Tensor] {
    let names = [""] + (0..<16).map(String.init)
    return try names.map { folder.appending(path: "\(stem)\($0).npy").path }
      .filter { FileManager.default.fileExists(atPath: $0) }.map { try Tensor(contentsOfNPY: $0) }
  }
}

/// What `body` throws, in words.
func errorMessage(_ body: () throws -> Void) throws -> String {
  do { try body() } catch { return "\(error)" }
  return "no error"
}
