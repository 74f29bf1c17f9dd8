import Foundation
import Testing

@testable import Ostinato

/// One model in each form that Keras gives its files.
@Suite struct FileFormTests {
  private static let fixture = Fixture.all.first { $0.name == "core/dense_stack" }

  /// Calls `body` with a new folder, and takes it away.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func weights(_ archive: KerasArchive) throws -> [String: Tensor] {
    let paths = try archive.weights.datasetPaths(under: "").map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
    return Dictionary(uniqueKeysWithValues: try paths.map { ($0, try archive.weights.tensor(at: $0)) })
  }

  /// Two files and the text that lists them, as `save_weights` with `max_shard_size` writes them.
  private func writeShards(of weights: [String: Tensor], to folder: URL) throws {
    var shards = [HDF5Writer(), HDF5Writer()]
    for (index, (path, tensor)) in weights.sorted(by: { $0.key < $1.key }).enumerated() {
      shards[index % 2].add(tensor, at: path)
    }
    let names = ["model_00000.weights.h5", "model_00001.weights.h5"]
    for (name, shard) in zip(names, shards) {
      try Data(try shard.bytes(name: name)).write(to: folder.appending(path: name))
    }
    let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
    try #"{"metadata": {"total_size": 212.0}, "weight_map": {"/layers/dense/vars": [\#(list)]}}"#.write(
      to: folder.appending(path: "model.weights.json"), atomically: true, encoding: .utf8)
  }

  @Test func theUnpackedFolder() throws {
    let fixture = try #require(Self.fixture)
    let archive = try KerasArchive(path: fixture.modelPath)
    try withFolder { folder in
      try Data(archive.config).write(to: folder.appending(path: "config.json"))
      try Data(try NPZ.data(try weights(archive))).write(to: folder.appending(path: "model.weights.npz"))
      let expected = try Model(contentsOf: fixture.modelPath).predict(inputs: fixture.inputs())
      #expect(try Model(contentsOf: folder.path).predict(inputs: fixture.inputs()) == expected)
      try FileManager.default.removeItem(at: folder.appending(path: "model.weights.npz"))
      try writeShards(of: try weights(archive), to: folder)
      #expect(try Model(contentsOf: folder.path).predict(inputs: fixture.inputs()) == expected)
    }
  }

  @Test func weightsAlone() throws {
    let fixture = try #require(Self.fixture)
    let weights = try weights(try KerasArchive(path: fixture.modelPath))
    let expected = try Model(contentsOf: fixture.modelPath).predict(inputs: fixture.inputs())
    try withFolder { folder in
      try writeShards(of: weights, to: folder)
      try Data(try NPZ.data(weights, compressed: true)).write(to: folder.appending(path: "weights.npz"))
      for file in ["model.weights.json", "weights.npz"] {
        var model = try Sequential([Input(shape: [7]), Dense(9, activation: .relu), Dropout(0.4), Dense(3)], seed: 9)
        #expect(try model.predict(inputs: fixture.inputs()) != expected)
        try model.loadWeights(contentsOf: folder.appending(path: file).path)
        #expect(try model.predict(inputs: fixture.inputs()) == expected, "\(file)")
      }
    }
  }

  @Test func aShardThatIsMissingIsNamed() throws {
    try withFolder { folder in
      try writeShards(of: ["layers/dense/vars/0": Tensor(zeros: [3, 2])], to: folder)
      try FileManager.default.removeItem(at: folder.appending(path: "model_00001.weights.h5"))
      var model = try Sequential([Input(shape: [3]), Dense(2)])
      let index = folder.appending(path: "model.weights.json").path
      #expect(
        try errorMessage { try model.loadWeights(contentsOf: index) }.hasSuffix(
          "model.weights.json: expected a file model_00001.weights.h5 beside it; there is none"))
      #expect(
        try errorMessage { _ = try Model(contentsOf: index) }
          == "\(index): expected an HDF5 file, a zip archive or a folder. Received: a text, as of a list of weights files"
      )
    }
  }
}
