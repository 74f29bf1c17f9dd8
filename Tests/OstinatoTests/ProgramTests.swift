import Ostinato
import OstinatoGraph
import Testing

/// What is left of layers in a compiled program.
@Suite struct ProgramTests {
  private func program(_ layers: [any Layer], batch: Int) throws -> Program {
    let model = try Model(layers)
    let shape = try #require(model.inputs.first?.shape)
    return try model.program(for: [Shape([batch] + shape.dimensions.dropFirst().map { $0 ?? 1 })])
  }

  @Test func timeDistributedDenseIsOneGemm() throws {
    let program = try program([Input(shape: [3, 784]), TimeDistributed(Dense(4))], batch: 32)
    #expect(program.description == "gemm [m: 96, n: 4, k: 784 + bias] time_distributed/layer")
    #expect(program.steps.map(\.inputs) == [[.input(0), .constant(0), .constant(1)]])
    #expect(program.steps.map(\.outputs) == [[.output(0)]])
    #expect(program.arenaBytes == 0)
  }

  @Test func timeDistributedConvolutionIsOneConvolution() throws {
    let program = try program([Input(shape: [3, 28, 28, 1]), TimeDistributed(Conv2D(3, (3, 3)))], batch: 2)
    #expect(program.description == "line conv [m: 4056, n: 3, k: 9 + bias] time_distributed/layer")
    #expect(program.steps.map(\.outputs) == [[.output(0)]])
    #expect(program.arenaBytes == 0)
  }

  @Test func openBLASTakesTheSameSteps() throws {
    let options = ExecutionOptions(optimization: .openBLAS)
    let dense = try Model([Input(shape: [3, 784]), TimeDistributed(Dense(4))], executionOptions: options)
    let convolution = try Model(
      [Input(shape: [3, 28, 28, 1]), TimeDistributed(Conv2D(3, (3, 3)))], executionOptions: options)
    #expect(
      try dense.program(for: [[32, 3, 784]]).description == "gemm [m: 96, n: 4, k: 784 + bias] time_distributed/layer")
    #expect(
      try convolution.program(for: [[2, 3, 28, 28, 1]]).description
        == "conv [m: 4056, n: 3, k: 9 + bias] time_distributed/layer")
  }

  @Test func reshapesLeaveNoStep() throws {
    let program = try program(
      [Input(shape: [4, 6]), Reshape([2, 12]), Flatten(), Dense(5), Reshape([5, 1]), Flatten()], batch: 3)
    #expect(program.description == "gemm [m: 3, n: 5, k: 24 + bias] dense")
    #expect(program.steps.map(\.inputs) == [[.input(0), .constant(0), .constant(1)]])
    #expect(program.steps.map(\.outputs) == [[.output(0)]])
  }

  @Test func aModelOfViewsAloneCopiesItsInput() throws {
    let program = try program([Input(shape: [4, 6]), Flatten(), Dropout(0.5)], batch: 3)
    #expect(program.steps.map(\.operation.name) == ["copy"])
  }

  @Test func batchNormalizationActivationAndResidualMoveIntoTheConvolution() throws {
    let input = Input(shape: [8, 8, 16])
    let y = BatchNormalization()(Conv2D(16, (3, 3), padding: .same)(input))
    let model = try Model(inputs: input, outputs: Activation(.relu)(Add()([y, input])))
    let program = try model.program(for: [[2, 8, 8, 16]])
    #expect(program.steps.count == 1)
    #expect(program.description.hasPrefix("winograd conv [m: 128, n: 16, k: 144 + bias + residual → relu"))
  }

  @Test func whatTwoLayersUseIsNotFolded() throws {
    let input = Input(shape: [6])
    let shared = Dense(6)(input)
    let normal = BatchNormalization()(shared)
    let model = try Model(inputs: input, outputs: Add()([normal, shared]))
    let program = try model.program(for: [[2, 6]])
    #expect(program.steps.map(\.operation.name) == ["gemm", "affine", "add"])
  }

  @Test func valuesThatDoNotLiveTogetherShareTheArena() throws {
    let program = try program(
      [Input(shape: [16]), Dense(64), Activation(.softmax), Dense(64), Activation(.softmax), Dense(64)], batch: 1)
    #expect(program.arenaBytes == 2 * 64 * 4)
  }

  /// A program that mixes no rows may be run on slices of the batch.
  @Test(arguments: [
    "where": false, "products": false, "rows_by_hand": false, "filled_like": false, "matmul": false, "slice": false,
    "attention_by_hand": false, "normalizations": false, "convolutions": false, "over_the_batch": true,
    "constants_with_rows": true, "batch_products": true, "broadcast_to": true, "meshgrid": true,
  ])
  func operationsSayWhetherTheyMixRows(_ name: String, mixes: Bool) throws {
    let fixture = try #require(Fixture.all.first { $0.name == "operations/\(name)" })
    let model = try Model(contentsOf: fixture.modelPath)
    #expect(try model.program(for: try fixture.inputs().map(\.shape)).mixesBatch == mixes)
  }
}
