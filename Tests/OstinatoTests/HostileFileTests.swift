import Foundation
import Testing

@testable import Ostinato

/// Files and models that ask for more than a machine has, or for what does not exist: each gives one error, at once.
@Suite struct HostileFileTests {
  // MARK: JSON

  private func jsonFailure(_ text: String) throws -> String {
    try errorMessage { _ = try JSONValue(parsing: Array(text.utf8), name: "config.json") }
  }

  @Test(arguments: [
    ("", "a value where it ends, at byte 0"), ("{", "a key in double quotes where it ends, at byte 1"),
    ("[1 2]", "',' or ']' at byte 3"), (#"{"a" 1}"#, "':' at byte 5"), ("[1,]", "a value at byte 3"),
    ("nul", "a value at byte 0"), ("+1", "a value at byte 0"), ("1 1", "the end at byte 2"),
    (#""\x""#, "an escape at byte 2"), (#""\u12g4""#, "four hexadecimal digits at byte 2"),
    (#""abc"#, "a closing quote where it ends, at byte 4"), ("\"a\nb\"", "a closing quote at byte 2"),
    ("{'a': 1}", "a key in double quotes at byte 1"),
  ])
  func documentsThatAreNoJSON(_ text: String, _ reason: String) throws {
    #expect(try jsonFailure(text) == "config.json: expected JSON with \(reason)")
  }

  @Test(arguments: ["[", #"{"a":"#, #"[{"a":"#])
  func deepDocuments(_ opening: String) throws {
    let received = try jsonFailure(String(repeating: opening, count: 100_000))
    #expect(received.hasPrefix("config.json: expected JSON with at most 512 lists and objects inside one another"))
  }

  @Test func documentsAsPythonWritesThem() throws {
    let text =
      #" {"a": [NaN, -Infinity, 1e3, -0, 12345678901234567890], "b": "\u00e9\ud83d\ude00\ud83d\n", "a": [true]} "#
    let value = try JSONValue(parsing: Array(text.utf8), name: "config.json")
    #expect(value == .object(["a": .array([.bool(true)]), "b": .string("é😀\u{FFFD}\n")]))
    let numbers = try JSONValue(parsing: Array("[1e3, 12345678901234567890, -0]".utf8), name: "").array
    #expect(numbers == [.double(1000), .double(12_345_678_901_234_567_890), .int(0)])
  }

  @Test func invalidText() throws {
    let received = try errorMessage { _ = try JSONValue(parsing: [0x22, 0xFF, 0x22], name: "config.json") }
    #expect(received == "config.json: expected JSON with text in UTF-8 at byte 2")
  }

  // MARK: Layers

  /// The error of a Sequential model of these layers, when it is read and then predicts for one row.
  private func failure(
    _ layers: String..., input: String = "[null, 4, 3]", execution: ExecutionOptions = ExecutionOptions(),
    weights: [String: Tensor] = [:]
  ) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let entry = #"{"class_name": "InputLayer", "config": {"name": "x", "batch_shape": \#(input)}}"#
    let config =
      #"{"class_name": "Sequential", "config": {"layers": [\#(([entry] + layers).joined(separator: ", "))]}}"#
    var writer = HDF5Writer()
    for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) { writer.add(tensor, at: name) }
    try KerasArchive.write(config: Array(config.utf8), metadata: Array("{}".utf8), weights: writer, to: path)
    let message = try errorMessage {
      let model = try Model(contentsOf: path, executionOptions: execution)
      try model.prepare(for: model.inputs.map { Shape([1] + $0.shape.dimensions.dropFirst().map { $0 ?? 5 }) })
    }
    #expect(!message.contains("\n"))
    return message.replacing("\(path): ", with: "")
  }

  private func layer(_ className: String, _ arguments: String) -> String {
    #"{"class_name": "\#(className)", "config": {"name": "l", \#(arguments)}}"#
  }

  @Test(arguments: [
    ("Dense", #""units": -1"#, "expected `units` to be a positive integer. Received: -1"),
    ("Dense", #""units": 4611686018427387904"#, "expected `units` to be a whole number. Received: 4611686018427387904"),
    ("Dense", #""units": 1e300"#, "expected `units` to be a whole number. Received: 1e+300"),
    ("Dense", #""units": NaN"#, "expected `units` to be a whole number. Received: nan"),
    (
      "Dense", #""units": 2147483648"#,
      "expected weight `kernel` of shape (3, 2147483648) at layers/dense/vars/0. Received: nothing there"
    ),
    (
      "Conv1D", #""filters": 2, "kernel_size": 3, "dilation_rate": 4611686018427387904"#,
      "expected `dilation_rate` to be a list of whole numbers. Received: 4611686018427387904"
    ),
    (
      "Conv1D", #""filters": 2, "kernel_size": 3, "dilation_rate": 2147483648"#,
      "expected at least 4294967297 cells along spatial axis 0. Received: 4"
    ),
    (
      "MaxPooling1D", #""pool_size": 2147483648, "strides": 1, "padding": "same""#,
      "expected fewer cells in a pool than [2147483648]. Received: an input (1, 4, 3)"
    ),
    (
      "ZeroPadding1D", #""padding": 4611686018427387904"#,
      "expected `padding` to be numbers of cells that are not negative"
    ),
    ("Reshape", #""target_shape": [-1, -1]"#, "expected a target shape with at most one -1. Received: (-1, -1)"),
    (
      "Reshape", #""target_shape": [2147483648, 2147483648, 2147483648]"#,
      "expected a target shape with at most one -1. Received: (2147483648, 2147483648, 2147483648)"
    ),
    ("Softmax", #""axis": 9223372036854775807"#, "expected `axis` to be a list of whole numbers."),
    (
      "STFTSpectrogram", #""frame_length": 2147483648"#,
      "expected `frame_length` to be at most 65536. Received: 2147483648"
    ),
  ])
  func argumentsBeyondReason(_ className: String, _ arguments: String, _ reason: String) throws {
    let received = try failure(layer(className, arguments))
    #expect(received.hasPrefix("l (\(className)): \(reason)"), "\(received)")
  }

  @Test(arguments: [
    ("UpSampling1D", #""size": 268435456"#, "(1, 4, 268435456, 3) float32"),
    ("ZeroPadding1D", #""padding": 268435456"#, "(1, 536870916, 3) float32"),
    ("CategoryEncoding", #""num_tokens": 2147483647, "output_mode": "one_hot""#, "(1, 4, 3, 2147483647) float32"),
  ])
  func valuesBeyondMemory(_ className: String, _ arguments: String, _ received: String) throws {
    let options = ExecutionOptions(maximumBytes: 1 << 30)
    let message = try failure(layer(className, arguments), execution: options)
    #expect(message == "l (\(className)): expected values of at most 1073741824 bytes each. Received: \(received)")
  }

  @Test func chainsThatGrow() throws {
    let growing = (0..<16).map { #"{"class_name": "UpSampling1D", "config": {"name": "u\#($0)", "size": 65536}}"# }
    let message = try failure(growing.joined(separator: ", "))
    #expect(message.contains("expected extents of at most 2147483648"), "\(message)")
  }

  @Test func inputsWithoutShape() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let config =
      #"{"class_name": "Functional", "config": {"name": "f", "input_layers": ["x", 0, 0], "output_layers": ["x", 0, 0], "#
      + #""layers": [{"class_name": "InputLayer", "name": "x", "config": {"name": "x"}, "inbound_nodes": []}]}}"#
    try KerasArchive.write(
      config: Array(config.utf8), metadata: Array("{}".utf8), weights: HDF5Writer(), to: path)
    #expect(
      try errorMessage { _ = try Model(contentsOf: path) }
        == "\(path): f: expected inputs that are InputLayers with `batch_shape`")
  }

  // MARK: Many layers

  @Test(.timeLimit(.minutes(2))) func manyLayers() throws {
    let layers = (0..<20_000).map { #"{"class_name": "ReLU", "config": {"name": "relu\#($0)"}}"# }
    let message = try failure(layers.joined(separator: ", "), layer("Dense", #""units": 0"#))
    #expect(message.hasPrefix("l (Dense): expected `units`"))
  }

  // MARK: Batches

  @Test func batchesBeyondMemory() throws {
    let model = try Sequential(
      [Input(shape: [1]), Dense(1024)], executionOptions: ExecutionOptions(maximumBytes: 1 << 20))
    #expect(try model.predict(Tensor(zeros: [200, 1])).shape == [200, 1024])
    #expect(
      try errorMessage { _ = try model.predict(Tensor(zeros: [1000, 1])) }
        == "sequential: expected a run that takes at most 1048576 bytes. "
        + "Received: inputs of shapes (1000, 1), with which it takes 4096000")
    #expect(
      try errorMessage { try model.prepare(for: [[1 << 40, 1]]) }.hasPrefix("sequential: expected a run that takes"))
    #expect(try errorMessage { try model.prepare(for: [[1 << 56, 1]]) }.contains("whose product is at most"))
  }
}
