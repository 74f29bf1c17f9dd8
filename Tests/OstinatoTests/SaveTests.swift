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
    let model = try fixture.model()
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

  @Test(
    arguments: [
      .gelu(approximate: true), .hardSigmoidKeras2, .celu(alpha: 0.5), .elu(alpha: 0.5), .leakyReLU(negativeSlope: 0.4),
      .relu(negativeSlope: 0.1, maxValue: 2, threshold: 0.5), .hardShrink(threshold: 0.25),
      .softShrink(threshold: 0.25),
      .squareplus(b: 2), .threshold(0.5, value: -1), .glu(axis: 1), .softmax(axis: 1), .logSoftmax(axis: 1),
      .sparsemax(axis: 1),
    ] as [ActivationFunction])
  func functionsKeepTheirArguments(_ function: ActivationFunction) throws {
    let model = try Sequential([Input(shape: [4, 3]), Activation(function)])
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(to: path)
    let x = Tensor((0..<24).map { Float($0) / 4 - 3 }, shape: [2, 4, 3])
    #expect(try Model(contentsOf: path).predict(x) == model.predict(x))
  }
}
