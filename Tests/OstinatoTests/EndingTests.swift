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
    let model = try Model(contentsOf: fixture.modelPath).ending(at: names.map(Self.output))
    let path = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID()).keras").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(to: path)
    let outputs = try model.predict(inputs: try fixture.inputs())
    #expect(try Model(contentsOf: path).predict(inputs: try fixture.inputs()) == outputs)
    try #require(outputs.count == names.count)
    for (name, output) in zip(names, outputs) { try expectAgreement(output, golden[name], name) }
  }

  @Test(arguments: fixtures)
  func eachLayerAloneGivesWhatKerasSays(_ fixture: Fixture) throws {
    let golden = try NPZ.read(path: fixture.folder.appending(path: "activations.npz").path)
    let model = try Model(contentsOf: fixture.modelPath)
    for (name, expected) in golden {
      let part = try model.ending(at: Self.output(name))
      try expectAgreement(try part.predict(inputs: try fixture.inputs())[0], expected, name)
      #expect(part.parameterCount.total <= model.parameterCount.total)
      #expect(part.summary().contains("Total params"))
    }
  }

  private func expectAgreement(_ output: Tensor, _ golden: Tensor?, _ name: String) throws {
    let golden = try #require(golden)
    try #require(output.shape == golden.shape, "\(name)")
    let output = output.converted(to: .float32)
    #expect(output.difference(from: golden, relative: 1e-5, absolute: 1e-6) == nil, "\(name)")
  }
}
