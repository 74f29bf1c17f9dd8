import Foundation
import Ostinato
import Testing

/// Layers that Keras does not have, registered under their class names.
@Suite struct CustomLayerTests {
  /// The authors' file, which names a class of theirs, gives the outputs of the model without it.
  @Test(.enabled(if: !SharedModel.files.isEmpty), arguments: ["b1", "b2"])
  func aRegisteredLayerRuns(_ name: String) throws {
    let file = SharedModel(path: SharedModel.folder.appending(path: "crema_chord/model_original.h5").path)
    let model = try Model(contentsOf: file.path, registry: .keras.adding(SqueezeLayer.self))
    let outputs = try model.predict(inputs: try file.tensors(name + "_input"))
    let expected = try file.tensors(name + "_output")
    try #require(outputs.map(\.shape) == expected.map(\.shape))
    for (output, golden) in zip(outputs, expected) {
      #expect(output.difference(from: golden, relative: 1e-4, absolute: 1e-5) == nil)
    }
  }
}

/// Takes away an axis of extent 1.
private struct SqueezeLayer: Layer {
  static let className = "SqueezeLayer"
  var options: LayerOptions
  let axis: Int

  init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.axis = try config.int("axis", default: -1)
  }

  func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    var dimensions = inputs[0].dimensions
    guard dimensions.indices.contains(axis), dimensions[axis] == 1 else {
      throw ModelError(.shapeMismatch, "", "expected extent 1 along axis \(axis). Received: \(inputs[0])")
    }
    dimensions.remove(at: axis)
    return [SymbolicShape(dimensions)]
  }

  func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    var dimensions = call.input.shape.dimensions
    dimensions.remove(at: axis)
    return [try graph.reshape(call.input, to: Shape(dimensions))]
  }
}
