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

  @Test func aProjectionOfEmbeddedTokensIsALookup() throws {
    let ids = Input(shape: [9], dataType: .int32)
    let layers: [any Layer] = [ids, Embedding(30, 8), GRU(4, returnSequences: true), TimeDistributed(Dense(3))]
    let tokens = Tensor((0..<18).map { Int32($0 * 7 % 30) }, shape: [2, 9])
    #expect(try program(layers, batch: 2).steps.map(\.operation.name) == ["indices", "gru(resetAfter: true)", "gemm"])
    try expectSameAnswer(layers, input: tokens)
    let twice: [any Layer] = [ids, Embedding(30, 8, maskZero: true), Bidirectional(LSTM(4, returnSequences: true))]
    #expect(try program(twice, batch: 2).steps.map(\.operation.name).contains("gather") == false)
    try expectSameAnswer(twice, input: tokens)
    // A cell that no kernel takes as a whole reads what was gathered.
    let across: [any Layer] = [ids, Embedding(30, 8), GRU(4, activation: .softmax)]
    #expect(try program(across, batch: 2).steps.map(\.operation.name) == ["gather", "gru(resetAfter: true)"])
    try expectSameAnswer(across, input: tokens)
  }

  @Test func aProjectionOfFewFeaturesIsPartOfTheSteps() throws {
    func names(_ cell: any Layer, features: Int) throws -> [String] {
      try program([Input(shape: [9, features]), cell], batch: 2).steps.map(\.operation.name)
    }
    #expect(try names(LSTM(4), features: 16) == ["lstm"])
    #expect(try names(LSTM(4), features: 17) == ["gemm", "lstm"])
    #expect(try names(SimpleRNN(4), features: 4) == ["simple"])
    #expect(try names(SimpleRNN(4), features: 5) == ["gemm", "simple"])
    #expect(try names(GRU(4, activation: .softmax), features: 2) == ["gemm", "gru(resetAfter: true)"])
    #expect(
      try names(Bidirectional(GRU(4), mergeMode: .sum), features: 2).first
        == "gru(resetAfter: true) | gru(resetAfter: true)")
    let x = Tensor((0..<54).map { Float($0 % 17) - 8 }, shape: [2, 9, 3])
    for cell: any Layer in [LSTM(20), GRU(20, useBias: false), SimpleRNN(20), GRU(20, resetAfter: false)] {
      try expectSameAnswer([Input(shape: [9, 3]), cell], input: x)
    }
    #expect(try names(LSTM(4), features: 0) == ["gemm", "lstm"])
    try expectSameAnswer([Input(shape: [9, 0]), LSTM(20, returnSequences: true)], input: Tensor(zeros: [2, 9, 0]))
  }

  @Test func aTransposedConvolutionIsConvolutions() throws {
    let layers: [any Layer] = [
      Input(shape: [7, 9, 3]), Conv2DTranspose(5, (3, 4), strides: (1, 2), padding: .same, activation: .relu),
    ]
    let names = try program(layers, batch: 2).steps.map(\.operation.name)
    #expect(names.filter { $0 != "pad" } == ["line conv", "line conv", "interleave"])
    try expectSameAnswer(layers, input: Tensor((0..<378).map { Float($0 % 17) - 8 }, shape: [2, 7, 9, 3]))
    // An output cell that no tap sees is no convolution.
    let sparse: [any Layer] = [Input(shape: [7, 3]), Conv1DTranspose(5, 1, strides: 2)]
    #expect(try program(sparse, batch: 2).steps.map(\.operation.name) == ["transposed conv"])
  }

  @Test func aRecurrenceOverImagesIsConvolutionsInTurn() throws {
    func layers(moments: Int) -> [any Layer] {
      [Input(shape: [moments, 10, 9, 2]), ConvLSTM2D(16, (3, 3), padding: .same, returnSequences: true)]
    }
    let names = try program(layers(moments: 3), batch: 2).steps.map(\.operation.name)
    let turns = ["winograd conv", "conv_lstm step", "winograd conv", "conv_lstm step"]
    #expect(names.suffix(6) == ["conv_lstm step"] + turns + ["concatenate"])
    #expect(names.dropLast(6).count { $0 == "zeros" } == 2)
    try expectSameAnswer(
      layers(moments: 3), input: Tensor((0..<1080).map { Float($0 % 17) / 8 - 1 }, shape: [2, 3, 10, 9, 2]))
    #expect(try program(layers(moments: 65), batch: 2).steps.map(\.operation.name).last == "conv_lstm")
  }

  @Test func aWrongIndexIsTheEmbeddingsFault() throws {
    let model = try Model([Input(shape: [3], dataType: .int32), Embedding(10, 4), Bidirectional(LSTM(2))])
    let error = try #require(throws: ModelError.self) { try model.predict(Tensor([Int32(1), 10, 2], shape: [1, 3])) }
    #expect("\(error)" == "embedding (Embedding): expected indices from 0 to 9. Received: 10")
  }

  @Test func aBorderIsPartOfTheWindow() throws {
    let layers: [any Layer] = [
      Input(shape: [9, 8, 17]), ZeroPadding2D(((0, 1), (2, 1))), Conv2D(17, (3, 3), strides: (2, 2)),
      ZeroPadding2D(), DepthwiseConv2D((3, 3)),
    ]
    #expect(try program(layers, batch: 2).steps.map(\.operation.name) == ["conv", "depthwise conv"])
    try expectSameAnswer(layers, input: Tensor((0..<2448).map { Float($0 % 7) / 5 }, shape: [2, 9, 8, 17]))
  }

  @Test func bothDirectionsAreOneStep() throws {
    let layers: [any Layer] = [Input(shape: [9, 5]), Bidirectional(LSTM(4, returnSequences: true))]
    #expect(try program(layers, batch: 1).steps.map(\.operation.name).filter { $0.contains("lstm") } == ["lstm | lstm"])
    try expectSameAnswer(layers, input: Tensor((0..<45).map { Float($0 % 7) / 5 }, shape: [1, 9, 5]))
    let stacked: [any Layer] = [Input(shape: [9, 5]), LSTM(4, returnSequences: true), LSTM(4)]
    #expect(
      try program(stacked, batch: 1).steps.map(\.operation.name).filter { $0.contains("lstm") } == ["lstm", "lstm"])
  }

  private func expectSameAnswer(_ layers: [any Layer], input: Tensor) throws {
    let plain = try Model(layers, executionOptions: ExecutionOptions(optimization: .none))
    let expected = try plain.predict(input)
    #expect(try Model(layers).predict(input).isClose(to: expected, relative: 1e-5, absolute: 1e-6))
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

  @Test func oneScaleForAllMovesIntoTheKernel() throws {
    let input = Input(shape: [5, 6])
    let scaled = Rescaling(0.3, offset: -2)(Dense(6)(input))
    let model = try Model(inputs: input, outputs: Activation(.relu)(Add()([scaled, input])))
    let program = try model.program(for: [[2, 5, 6]])
    #expect(program.description == "gemm [m: 10, n: 6, k: 6 + bias + residual → relu] dense")
    try expectSameAnswer(
      [Input(shape: [5, 6]), Dense(6, useBias: false), Reshape([6, 5]), Rescaling(0.3, offset: -2)],
      input: Tensor((0..<60).map { Float($0 % 7) / 5 }, shape: [2, 5, 6]))
    let chain = try self.program([Input(shape: [6]), Dense(6), BatchNormalization(), Rescaling(0.5)], batch: 2)
    #expect(chain.steps.map(\.operation.name) == ["gemm"])
    #expect(!chain.description.contains("affine"))
    let attention = try Model(inputs: input, outputs: MultiHeadAttention(2, 3)([input, input]))
    #expect(try !attention.program(for: [[2, 5, 6]]).description.contains("affine"))
  }

  @Test func aResidualMovesIntoAConvolutionAlongALine() throws {
    let input = Input(shape: [40, 16])
    let y = Conv1D(16, 7, padding: .same, dilationRate: 2)(input)
    let model = try Model(inputs: input, outputs: Activation(.relu)(Add()([y, input])))
    let program = try model.program(for: [[2, 40, 16]])
    #expect(program.description.hasPrefix("winograd conv [m: 80, n: 16, k: 112 + bias + residual → relu"))
    #expect(program.steps.count == 1)
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
