import Foundation
import OstinatoFormats
import OstinatoTensors
import Testing

@testable import Ostinato

/// What is wrong with a file is said in one line that names the file and the layer or member.
@Suite struct FileErrorTests {
  private static let input =
    #"{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [null, 3]}, "inbound_nodes": []}"#

  /// A Dense layer called `name` that is called on `input`.
  private static func dense(_ name: String, on input: String, _ arguments: String = #""units": 2"#) -> String {
    let tensor = #"{"class_name": "__keras_tensor__", "config": {"keras_history": ["\#(input)", 0, 0]}}"#
    return #"{"class_name": "Dense", "name": "\#(name)", "config": {"name": "\#(name)", \#(arguments)}, "#
      + #""inbound_nodes": [{"args": [\#(tensor)], "kwargs": {}}]}"#
  }

  private static func functional(_ layers: [String], output: String = "d") -> String {
    #"{"class_name": "Functional", "config": {"name": "f", "layers": [\#(layers.joined(separator: ", "))], "#
      + #""input_layers": ["x", 0, 0], "output_layers": ["\#(output)", 0, 0]}}"#
  }

  private static let weights: [String: Tensor] = [
    "layers/dense/vars/0": Tensor(zeros: [3, 2]), "layers/dense/vars/1": Tensor(zeros: [2]),
  ]

  /// The error of loading an archive of `config` and `weights`, without the file's name.
  private func failure(_ config: String, _ weights: [String: Tensor] = Self.weights) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var writer = HDF5Writer()
    for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) { writer.add(tensor, at: name) }
    try KerasArchive.write(
      config: Array(config.utf8), metadata: Array(#"{"keras_version": "3.15.1"}"#.utf8), weights: writer, to: path)
    let message = try errorMessage { _ = try Model(contentsOf: path) }
    #expect(!message.contains("\n"))
    try #require(message.hasPrefix(path), "\(message)")
    return String(message.dropFirst(path.count))
  }

  @Test func theWholeFileIsFine() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var writer = HDF5Writer()
    for (name, tensor) in Self.weights { writer.add(tensor, at: name) }
    writer.add(Tensor(zeros: [7]), at: "optimizer/vars/0")
    let config = Self.functional([Self.input, Self.dense("d", on: "x")])
    try KerasArchive.write(config: Array(config.utf8), metadata: Array("{}".utf8), weights: writer, to: path)
    #expect(try Model(contentsOf: path).predict([[1, 2, 3]]) == Tensor(zeros: [1, 2]))
  }

  /// One bit of a weight is another, which only the archive's checksum tells.
  @Test(arguments: [1, 2])
  func aChangedWeight(threads: Int) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let options = ExecutionOptions(pool: ThreadPool(threadCount: threads))
    var model = try Sequential([Input(shape: [3]), Dense(2)], executionOptions: options)
    try model.save(to: path)
    var bytes = try FileBytes.read(path)
    let kernel = try model.weight(at: "dense/kernel")
    let stored = kernel.withUnsafeBytes { Array($0) }
    let position = try #require(bytes.indices.first { bytes[$0...].starts(with: stored) })
    bytes[position] ^= 1
    try bytes.withUnsafeBytes { try FileBytes.write($0, to: path) }

    let expected = "\(path)/model.weights.h5: expected readable data: CRC error"
    #expect(try errorMessage { _ = try Model(contentsOf: path, executionOptions: options) } == expected)
    #expect(try errorMessage { try model.loadWeights(contentsOf: path) } == expected)
    #expect(try model.weight(at: "dense/kernel") == kernel)
  }

  @Test func graphs() throws {
    #expect(
      try failure(Self.functional([Self.input, Self.dense("c", on: "d"), Self.dense("d", on: "c")]))
        == ": c: expected calls that can be put in order. Received: a cycle")
    #expect(
      try failure(Self.functional([Self.input, Self.dense("d", on: "nobody")]))
        == ": d: expected an input from a layer of this model. Received: 'nobody' (call 0)")
    #expect(
      try failure(Self.functional([Self.input, Self.dense("d", on: "x")], output: "nobody"))
        == ": f (Functional): expected `output_layers` to name calls of this model. Received: ['nobody', 0, 0]")
  }

  @Test(arguments: [
    (#""units": "two""#, "expected `units` to be a whole number. Received: 'two'"),
    (#""units": -2"#, "expected `units` to be a positive integer. Received: -2"),
    (#""units": 2, "use_bias": "yes""#, "expected `use_bias` to be a truth value. Received: 'yes'"),
    (#""units": 2, "activation": 7"#, "expected `activation` to be an activation. Received: 7"),
    (
      #""units": 2, "activation": "mystery""#,
      "expected `activation` to be one of Keras' activations. Received: 'mystery'"
    ),
  ])
  func arguments(_ arguments: String, _ message: String) throws {
    #expect(
      try failure(Self.functional([Self.input, Self.dense("d", on: "x", arguments)])) == ": d (Dense): " + message)
  }

  @Test func weightsThatAreMissingExtraOrMisshapen() throws {
    let config = Self.functional([Self.input, Self.dense("d", on: "x")])
    var weights = Self.weights
    weights["layers/dense/vars/1"] = nil
    #expect(
      try failure(config, weights)
        == ": d (Dense): expected weight `bias` of shape (2,) at layers/dense/vars/1. Received: nothing there")
    weights["layers/dense/vars/1"] = Tensor(zeros: [3])
    #expect(
      try failure(config, weights) == ": d (Dense): expected weight `bias` of shape (2,). Received: (3,)")
    weights = Self.weights
    weights["layers/dense/vars/2"] = Tensor(zeros: [5])
    #expect(
      try failure(config, weights)
        == ": d (Dense): expected no weights but those that the model's layers declare. "
        + "Received: one more of shape (5,) at layers/dense/vars/2")
    weights = Self.weights
    weights["layers/dense_1/vars/0"] = Tensor(zeros: [5])
    #expect(
      try failure(config, weights)
        == ": layers/dense_1/vars: expected no weights but those that the model's layers declare. "
        + "Received: one more of shape (5,) at layers/dense_1/vars/0")
  }

  @Test func filesThatAreNoModels() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func message(_ name: String, _ content: [UInt8]) throws -> String {
      let path = folder.appending(path: name).path
      try Data(content).write(to: URL(filePath: path))
      let message = try errorMessage { _ = try Model(contentsOf: path) }
      try #require(message.hasPrefix(path))
      return String(message.dropFirst(path.count))
    }
    #expect(
      try message("empty.keras", [])
        == ": expected an HDF5 file, a zip archive or a folder. Received: an empty file")
    #expect(
      try message("text.h5", Array("hello".utf8))
        == ": expected an HDF5 file, a zip archive or a folder. Received: a file that begins otherwise")
    var weights = HDF5Writer()
    weights.add(Tensor(zeros: [3, 2]), at: "dense/kernel")
    #expect(
      try message("weights.h5", try weights.bytes(name: "weights"))
        == ": expected attribute model_config, which says what the layers are. "
        + "Received: none, as in a file of weights alone")
    weights.setAttribute("model_config", of: "/", to: "{")
    #expect(
      try message("broken.h5", try weights.bytes(name: "weights"))
        == "/model_config: expected JSON with a key in double quotes where it ends, at byte 1")
    #expect(
      try errorMessage { _ = try Model(contentsOf: folder.path) }
        == "\(folder.path): expected a member config.json; there is none")
  }

  @Test func classesThatNobodyKnows() throws {
    let layer = Self.dense("d", on: "x").replacing(#""class_name": "Dense""#, with: #""class_name": "Mystery""#)
    #expect(
      try failure(Self.functional([Self.input, layer])).hasPrefix(
        ": d (Mystery): expected a built-in Keras layer that Ostinato runs. Received: class 'Mystery'"))
  }

  @Test(arguments: [
    (
      "external_link", "layers/dense/vars/0: expected data in place; soft and external links are not followed"
    ),
    (
      "virtual_dataset",
      "layers/dense/vars/0: expected data in this file; virtual and external data are not read"
    ),
  ])
  func weightsThatLieElsewhere(_ name: String, _ message: String) throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let path = tests.appending(path: "OstinatoFormatsTests/Resources/\(name).weights.h5").path
    var model = try Sequential([Input(shape: [3]), Dense(2)])
    let received = try errorMessage { try model.loadWeights(contentsOf: path) }
    #expect(received == "\(path)/\(message)")
  }

  @Test func archivesThatLackOrExceedWhatTheyMay() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let config = Array(Self.functional([Self.input, Self.dense("d", on: "x")]).utf8)
    var writer = ZipWriter(compression: .deflated)
    writer.add("config.json", config)
    try writer.write(to: path)
    #expect(
      try errorMessage { _ = try Model(contentsOf: path) }
        == "\(path): expected a member model.weights.h5; there is none")
    writer.add("model.weights.h5", [UInt8](repeating: 0, count: 1 << 20))
    try writer.write(to: path)
    let received = try errorMessage { _ = try Model(contentsOf: path, options: LoadOptions(maximumBytes: 1 << 16)) }
    #expect(received == "\(path): expected at most 65536 bytes after inflation; the archive has more")
  }

  @Test(arguments: [
    (#"[]"#, "expected"), (#"{"class_name": 7, "config": {}}"#, "expected"),
    (#"{"class_name": "Functional", "config": 7}"#, "expected"),
    (#"{"class_name": "Functional", "config": {"layers": {}}}"#, "expected"),
    (#"{"class_name": "Sequential", "config": {"layers": [7]}}"#, "expected"),
  ])
  func configsOfWrongTypes(_ config: String, _ message: String) throws {
    #expect(try failure(config).contains(message))
  }

  @Test func quantisedWeightsThatAreNotRead() throws {
    let weights: [String: Tensor] = [
      "layers/dense/vars/0": Tensor(zeros: [2]), "layers/dense/vars/1": Tensor([1, 2, 3] as [Int32], shape: [1, 3]),
      "layers/dense/vars/2": Tensor(zeros: [2, 1]), "layers/dense/vars/3": Tensor(zeros: [3]),
    ]
    #expect(
      try failure(Self.functional([Self.input, Self.dense("d", on: "x")]), weights)
        == ": d (Dense): expected weights as they are, or quantised by int8, int4 or float8. "
        + "Received: a kernel quantised by GPTQ or AWQ")
  }

  @Test func quantisedWeightsThatDoNotFit() throws {
    let config = Self.functional([Self.input, Self.dense("d", on: "x")])
    var weights: [String: Tensor] = [
      "layers/dense/vars/0": Tensor([1, 2, 3, 4, 5, 6] as [Int32], shape: [3, 2]),
      "layers/dense/vars/1": Tensor(zeros: [2]), "layers/dense/vars/2": Tensor(zeros: [3]),
    ]
    #expect(
      try failure(config, weights)
        == ": d (Dense): expected quantised weight `kernel` of shape (2,) for its scale. Received: (3,)")
    weights["layers/dense/vars/0"] = Tensor([1, 2, 3, 4] as [Int32], shape: [4])
    #expect(
      try failure(config, weights)
        == ": d (Dense): expected quantised weight `kernel` of shape (3, 2), or two columns in each byte. Received: (4,)"
    )
    weights["layers/dense/vars/0"] = Tensor([1, 2, 3] as [Int32], shape: [3, 1])
    weights["layers/dense/vars/2"] = Tensor([1, 1] as [Float], shape: [1, 2])
    weights["layers/dense/vars/3"] = Tensor(zeros: [1, 2], dataType: .int32)
    weights["layers/dense/vars/4"] = Tensor([0, 0, 1] as [Float])
    #expect(
      try failure(config, weights)
        == ": d (Dense): expected quantised weight `kernel` of shape a value for each block and channel of (3, 2). "
        + "Received: (1, 2)")
  }
}
