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

  // MARK: Functions

  private static func fixture(_ name: String) throws -> Fixture {
    try #require(Fixture.all.first { $0.name == "custom/\(name)" })
  }

  /// What goes wrong with the fixture `name` when `registry` has its layers.
  private func failure(_ name: String, _ registry: LayerRegistry) throws -> String {
    let fixture = try Self.fixture(name)
    return try errorMessage {
      let pool = ThreadPool(threadCount: 2)
      let options = ExecutionOptions(pool: pool)
      let model = try Model(contentsOf: fixture.modelPath, executionOptions: options, registry: registry)
      _ = try model.predict(inputs: try fixture.inputs())
    }.replacing(fixture.modelPath, with: "FILE")
  }

  @Test func anErrorOfTheFunctionNamesTheLayer() throws {
    struct NoData: Error {}
    let throwing = LayerFunction { _ in throw NoData() }
    #expect(
      try failure("lambda_function", .keras.adding(lambda: "lambda", throwing))
        == "lambda (Lambda): the function threw NoData()")
    #expect(
      try failure("lambda_mixes_rows_over_time", .keras.adding(lambda: "centre", throwing))
        == "time_distributed/layer (Lambda): the function threw NoData()")
    let refusing = LayerFunction { call in
      throw ModelError(.invalidInput, "", "expected no negative numbers. Received: \(call.input.shape)")
    }
    #expect(
      try failure("lambda_function", .keras.adding(lambda: "lambda", refusing))
        == "lambda (Lambda): expected no negative numbers. Received: (3, 5)")
  }

  @Test func whatTheFunctionGivesMustBeAsDeclared() throws {
    let expected =
      "expected a function that gives float32 tensors of the declared shapes [(3, 5)]. Received: "
    func failure(_ body: @escaping @Sendable (LayerFunction.Call) throws -> [Tensor]) throws -> String {
      try self.failure("lambda_function", .keras.adding(lambda: "halve", LayerFunction(body: body)))
    }
    #expect(
      try failure { [$0.input.reshaped(to: [5, 3])] } == "lambda (Lambda): \(expected)(5, 3) float32")
    #expect(
      try failure { [$0.input, $0.input] } == "lambda (Lambda): \(expected)(3, 5) float32, (3, 5) float32")
    #expect(
      try failure { call in [Tensor((0..<15).map { "\($0)" }, shape: call.input.shape)] }
        == "lambda (Lambda): \(expected)(3, 5) string")
    let open = LayerFunction(outputShapes: { _, _ in [[nil, 5]] }) { call in [call.input] }
    #expect(
      try self.failure("lambda_function", .keras.adding(lambda: "halve", open))
        == "lambda (Lambda): expected output extents that follow from the inputs'. Received: (None, 5)")
    for (shape, mixesRows) in [(SymbolicShape([]), true), ([], false), ([7, 5], false)] {
      let unbatched = LayerFunction(outputShapes: { _, _ in [shape] }, mixesRows: mixesRows) { call in [call.input] }
      let model = try Sequential([Input(shape: [5]), Lambda(unbatched)])
      #expect(
        try errorMessage { _ = try model.predict(Tensor(zeros: [3, 5])) }
          == "lambda (Lambda): expected outputs with the batch of the input first. Received: \(shape)")
    }
  }

  @Test func whatTheFunctionDeclaresMustBeInTheFile() throws {
    let unweighted = LayerFunction { call in [call.input] }
    #expect(
      try failure("scale", .keras.adding("Scale", unweighted)).hasPrefix(
        "FILE: layers/scale/vars: expected no weights but those that the model's layers declare."))
    let wrong = LayerFunction(weights: { _, _ in [Variable("factor", [7], .ones), Variable("b", [5], .ones)] }) {
      call in [call.input]
    }
    #expect(
      try failure("scale", .keras.adding("mine>Scale", wrong))
        == "FILE: scale (Scale): expected weight `factor` of shape (7,). Received: (5,)")
  }

  /// The error says what to write.
  @Test func anUnknownClassSaysHowToRunIt() throws {
    let hint = "Write it as a Swift type that conforms to Layer, and load the model with "
    #expect(
      try failure("scale", .keras)
        == "FILE: scale (Scale): expected a built-in Keras layer that Ostinato runs. Received: class 'Scale' "
        + "(registered as 'mine>Scale'). \(hint)Model(contentsOf: path, registry: .keras.adding(Scale.self)), or as a "
        + "function of tensors, with .keras.adding(\"mine>Scale\", LayerFunction { call in [call.input] })")
    #expect(try failure("scale_h5", .keras).contains(#".keras.adding("mine>Scale", LayerFunction {"#))
    #expect(
      try failure("lambda_function", .keras)
        == "FILE: lambda (Lambda): expected a function in Swift, for what the file has is Python code. Load the model "
        + "with Model(contentsOf: path, registry: .keras.adding(lambda: \"halve\", LayerFunction { call in [call.input] "
        + "})). Received: none")
    #expect(try failure("lambda_of_two", .keras).contains(#".keras.adding(lambda: "sum", LayerFunction {"#))
  }

  /// A class of somebody else's is not Keras' because it is called so.
  @Test func aClassOfAKerasNameIsNotKeras() throws {
    #expect(
      try failure("named_like_keras", .keras).hasPrefix(
        "FILE: dense (Dense): expected a built-in Keras layer that Ostinato runs. Received: class 'Dense' "
          + "(registered as 'mine>Dense')."))
  }

  @Test func theExampleOfTheReadme() throws {
    let scale = LayerFunction(
      weights: { config, inputs in [Variable("factor", [inputs[0][-1]], .ones)] }
    ) { call in
      let factors = call.weights[0].floats
      let scaled = call.input.floats.enumerated().map { $1 * factors[$0 % factors.count] }
      return [Tensor(scaled, shape: call.input.shape)]
    }
    let halve = LayerFunction(mixesRows: false) { call in [call.input.map { $0 / 2 }] }
    var model = try Sequential([Input(shape: [2]), Lambda(scale, name: "scale"), Lambda(halve)])
    try model.setWeight([3, 5], at: "scale/factor")
    #expect(try model.predict([[2, 4], [6, 8]]).floats == [3, 10, 9, 20])
  }

  @Test func aFunctionIsALayerInSwift() throws {
    let double = LayerFunction { call in [call.input.map { 2 * $0 }] }
    let model = try Sequential([Input(shape: [2]), Lambda(double), Lambda(double, name: "again")])
    #expect(try model.predict([[1, 2]]).floats == [4, 8])
    #expect(
      try errorMessage { try model.save(to: "/nowhere/model.keras") }
        == "sequential: expected what Keras 3 has a name for. Received: a function in Swift")
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
