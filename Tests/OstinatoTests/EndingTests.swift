import Foundation
import Ostinato
import Testing

/// Models that end at layers of another model. `Tools/fixtures/activations.py` writes what Keras' layers give.
///
/// With a folder in the environment variable `OSTINATO_SAVED_MODELS` the saved models stay there.
@Suite struct EndingTests {
  private static let fixtures = Fixture.all.filter {
    FileManager.default.fileExists(atPath: $0.folder.appending(path: "activations.npz").path)
  }

  /// `lstm#1:2` is the third output of the second call.
  private static func output(_ name: String) -> LayerOutput {
    let parts = name.split(separator: ":")
    let call = parts[0].split(separator: "#")
    return LayerOutput(
      String(call[0]), call: call.count > 1 ? Int(call[1]) : nil, output: parts.count > 1 ? Int(parts[1]) : nil)
  }

  @Test(arguments: fixtures)
  func everyLayerAtOnceGivesWhatKerasSays(_ fixture: Fixture) throws {
    let golden = try NPZ.read(path: fixture.folder.appending(path: "activations.npz").path)
    let names = golden.keys.sorted()
    let model = try fixture.model().ending(at: names.map(Self.output))
    let name = fixture.name.replacing("/", with: "__") + "__activations.keras"
    let path = (SaveTests.folder ?? FileManager.default.temporaryDirectory.path) + "/\(name)"
    defer { if SaveTests.folder == nil { try? FileManager.default.removeItem(atPath: path) } }
    try model.save(to: path)
    let outputs = try model.predict(inputs: try fixture.inputs())
    #expect(try Model(contentsOf: path).predict(inputs: try fixture.inputs()) == outputs)
    try #require(outputs.count == names.count)
    for (name, output) in zip(names, outputs) { try expectAgreement(output, golden[name], name) }
  }

  @Test(arguments: fixtures)
  func eachLayerAloneGivesWhatKerasSays(_ fixture: Fixture) throws {
    let golden = try NPZ.read(path: fixture.folder.appending(path: "activations.npz").path)
    let model = try fixture.model()
    for (name, expected) in golden {
      let part = try model.ending(at: Self.output(name))
      try expectAgreement(try part.predict(inputs: try fixture.inputs())[0], expected, name)
      #expect(part.parameterCount.total <= model.parameterCount.total)
      #expect(part.summary().contains("Total params"))
    }
  }

  private static func backbone() throws -> Model {
    let inputs = Input(shape: [4], name: "x")
    let hidden = Dense(3, activation: .tanh, name: "hidden")(inputs)
    return try Model(inputs: inputs, outputs: Dense(2, name: "head")(hidden), name: "backbone", seed: 3)
  }

  private static func outer() throws -> Model {
    let (inputs, shared) = (Input(shape: [4]), Dense(4, name: "shared"))
    let y = try Self.backbone()(shared(shared(inputs)))
    return try Model(inputs: inputs, outputs: Dense(2, name: "logits")(y), name: "outer")
  }

  @Test func aModelInsideIsAModelOfItsOwn() throws {
    let x: Tensor = [[1, 2, 3, 4]]
    let backbone = try Self.outer().submodel(named: "backbone")
    #expect(try backbone.predict(x) == Self.backbone().predict(x))
    #expect(backbone.layers.map(\.name) == ["x", "hidden", "head"])
    let hidden = try backbone.ending(at: "hidden")
    #expect(try hidden.weights(of: "hidden") == Self.outer().weights(of: "backbone/hidden"))
    #expect(hidden.parameterCount.total == 15)
    let chain = try Sequential([
      Input(shape: [2, 4]), TimeDistributed(Sequential([Dense(3), Dense(2)], name: "inner")),
    ])
    let inner = try chain.submodel(named: "time_distributed/layer").ending(at: "dense")
    #expect(try inner.predict(x).shape == [1, 3])
  }

  @Test func outputsAreCalledAfterTheirLayers() throws {
    let part = try Self.outer().ending(at: LayerOutput("shared", call: 1), "backbone/hidden", "logits")
    let outputs = try part.predict(inputs: ["input_layer": [[1, 2, 3, 4]]])
    #expect(outputs.keys.sorted() == ["backbone/hidden", "logits", "shared"])
  }

  @Test func aFeatureExtractorIsALayer() throws {
    let features = try Self.outer().ending(at: "backbone/hidden")
    let model = try Sequential([Input(shape: [4]), features, Dense(5)])
    #expect(try model.predict([[1, 2, 3, 4]]).shape == [1, 5])
    #expect(try model.weights(of: "outer/shared") == Self.outer().weights(of: "shared"))
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(to: path)
    #expect(try Model(contentsOf: path).predict([[1, 2, 3, 4]]) == model.predict([[1, 2, 3, 4]]))
  }

  @Test func errorsNameWhatThereIs() throws {
    let model = try Self.outer()
    func message(_ outputs: LayerOutput...) throws -> String { try errorMessage { _ = try model.ending(at: outputs) } }
    #expect(try message("logit") == "outer: expected a name such as 'logits'. Received: 'logit'")
    #expect(try message("hidden") == "outer: expected a name such as 'backbone/hidden'. Received: 'hidden'")
    #expect(
      try message("q")
        == "outer: expected one of 'input_layer', 'shared', 'backbone', 'backbone/x', 'backbone/hidden', "
        + "'backbone/head', 'logits'. Received: 'q'")
    #expect(try message("backbone/haed") == "backbone: expected a name such as 'head'. Received: 'haed'")
    #expect(
      try message("shared")
        == "shared: expected a layer that is called once, or which of its calls: LayerOutput(\"shared\", call: 0). "
        + "Received: a layer that is called 2 times")
    #expect(try message(LayerOutput("shared", call: 2)) == "shared: expected a call from 0 to 1. Received: 2")
    #expect(try message(LayerOutput("logits", output: 1)) == "logits: expected an output from 0 to 0. Received: 1")
    #expect(try message() == "outer: expected a layer to end at. Received: none")
    #expect(
      try errorMessage { _ = try model.submodel(named: "logits") }
        == "outer: expected a model. Received: 'logits', a Dense")
    #expect(
      try errorMessage { _ = try model.layer(named: "backbone/hiden") }
        == "outer: expected a name such as 'backbone/hidden'. Received: 'backbone/hiden'")
    #expect(try (model.layer(named: "backbone/hidden") as? Dense)?.units == 3)
  }

  private func expectAgreement(_ output: Tensor, _ golden: Tensor?, _ name: String) throws {
    let golden = try #require(golden)
    try #require(output.shape == golden.shape, "\(name)")
    let output = output.converted(to: .float32)
    #expect(output.difference(from: golden, relative: 1e-5, absolute: 1e-6) == nil, "\(name)")
  }
}
