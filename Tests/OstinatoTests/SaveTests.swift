import Foundation
import Ostinato
import Testing

/// A model that is saved and read again predicts the same, bit for bit.
///
/// With a folder in the environment variable `OSTINATO_SAVED_MODELS` the files stay there, for `Tools/roundtrip` to open
/// with Keras.
@Suite struct SaveTests {
  static let folder = ProcessInfo.processInfo.environment["OSTINATO_SAVED_MODELS"]

  @Test(arguments: Fixture.all)
  func aSavedModelPredictsTheSame(_ fixture: Fixture) throws {
    // What the model has in Keras 2's meaning alone cannot be saved.
    let model = try fixture.model()
    guard !fixture.name.hasPrefix("legacy/keras2") || !fixture.name.hasSuffix("hard_sigmoid") else {
      #expect(throws: ModelError.self) { try model.save(to: "/nowhere/model.keras") }
      return
    }
    let name = fixture.name.replacing("/", with: "__") + ".keras"
    let path = (Self.folder ?? FileManager.default.temporaryDirectory.path) + "/\(name)"
    defer { if Self.folder == nil { try? FileManager.default.removeItem(atPath: path) } }
    try model.save(to: path)
    let inputs = try fixture.inputs()
    let again = try Model(contentsOf: path, registry: CustomLayers.registry)
    #expect(again.name == model.name)
    #expect(try again.predict(inputs: inputs) == model.predict(inputs: inputs))
  }

  @Test func aModelMadeInSwiftIsSaved() throws {
    let inner = try Sequential([Input(shape: [4]), Dense(3, activation: .tanh)], name: "inner", seed: 1)
    let inputs = Input(shape: [2, 4])
    let model = try Model(inputs: inputs, outputs: Dense(2)(GRU(5)(TimeDistributed(inner)(inputs))), seed: 2)
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(to: path)
    let x = Tensor((0..<16).map { Float($0) / 16 }, shape: [2, 2, 4])
    #expect(try Model(contentsOf: path, registry: CustomLayers.registry).predict(x) == model.predict(x))
    var other = try Sequential([Input(shape: [2, 4]), TimeDistributed(Dense(3, activation: .tanh)), GRU(5), Dense(2)])
    #expect(throws: ModelError.self) { try other.loadWeights(contentsOf: path) }
    let twin = try Sequential([Input(shape: [4]), Dense(3, activation: .tanh)], name: "inner", seed: 3)
    other = try Model(inputs: inputs, outputs: Dense(2)(GRU(5)(TimeDistributed(twin)(inputs))), seed: 4)
    try other.loadWeights(contentsOf: path)
    #expect(try other.predict(x) == model.predict(x))
  }

  @Test func whatKerasCannotExpressIsNotSaved() throws {
    let model = try Sequential([Input(shape: [4]), Dense(3, activation: .gelu(approximate: true))])
    #expect(
      try errorMessage { try model.save(to: "/nowhere/model.keras") }
        == "sequential: expected what Keras 3 has a name for. Received: gelu(approximate: true)")
  }
}
