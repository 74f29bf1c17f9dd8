#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import OstinatoGraph
import OstinatoLayers
import OstinatoRuntime
import OstinatoTensors

/// How a model runs.
public struct ExecutionOptions: Sendable {
  /// The threads that predictions use.
  public var pool: ThreadPool
  /// How operations are put together and computed.
  public var optimization: Optimization
  /// The most bytes that one prediction may take for intermediate values and outputs. A model or a batch that needs more
  /// gives an error before anything is allocated.
  public var maximumBytes: Int

  /// - Parameters:
  ///   - pool: the threads that predictions use.
  ///   - optimization: how operations are put together and computed.
  ///   - maximumBytes: the most bytes that one prediction may take; the machine's memory unless told.
  public init(
    pool: ThreadPool = .shared, optimization: Optimization = .full, maximumBytes: Int = Self.physicalMemory
  ) {
    self.pool = pool
    self.optimization = optimization
    self.maximumBytes = maximumBytes
  }

  /// The bytes of memory that the machine has.
  public static let physicalMemory = Int(clamping: ProcessInfo.processInfo.physicalMemory)

  /// How operations are put together and computed.
  public enum Optimization: Sendable, CaseIterable {
    /// Every operation runs as the layers write it, matrix products by OpenBLAS: for comparison.
    case none
    /// Operations are folded and fused; matrix products run on OpenBLAS.
    case openBLAS
    /// Operations are folded and fused, and each gets the kernel that serves its shape.
    case full

    var passes: [any Pass] {
      switch self {
      case .none: []
      case .openBLAS: foldingPasses
      case .full: optimisingPasses
      }
    }
  }
}

/// A Keras model: layers, their weights, and the means to run them.
///
/// A model is a value and may be used from any number of tasks at once. It is read from a file, or made in Swift:
///
/// ```swift
/// let model = try Model(contentsOf: "digits.keras")
/// let notebook = try Sequential([Input(shape: [3, 784]), TimeDistributed(Dense(4))])
///
/// let inputs = Input(shape: [64, 15])
/// let states = GRU(16, returnSequences: true)(inputs)
/// let tagger = try Model(inputs: inputs, outputs: Activation(.softmax)(TimeDistributed(Dense(15))(states)))
/// ```
///
/// A model is also a layer: it can be called, put into a ``Sequential`` or wrapped in a ``TimeDistributed``, and brings
/// its weights along.
public struct Model: Sendable {
  /// The model as a layer: a chain or a graph of layers.
  var root: any Layer
  let network: Network
  /// The weights; nil as long as the shapes of the inputs are not known.
  private(set) var weights: LayerWeights?
  private var lowering: Lowering
  private var engine: Engine
  /// How predictions run.
  public let executionOptions: ExecutionOptions

  /// How many numbers the optimizer kept that trained the model in the file; nil where it was not trained. They are
  /// neither among the weights nor saved.
  var optimizerParameterCount: Int?

  /// The model's name.
  public let name: String
  /// The inputs in order: name, shape with `None` for what is open, and element type.
  public let inputs: [TensorDescription]
  /// The outputs in order: name and shape with `None` for what is open.
  public let outputs: [TensorDescription]

  /// - Parameter readWeights: gives the weights of the model, placed as a layer, when the shapes of the inputs are known.
  init(
    root: any Layer, network: Network, name: String, executionOptions: ExecutionOptions,
    readWeights: (Sublayer) throws(ModelError) -> LayerWeights
  ) throws(ModelError) {
    self.root = root
    self.network = network
    self.name = name
    self.executionOptions = executionOptions
    self.inputs = network.inputDescriptions
    let inputs = network.declaredInputs
    self.outputs = network.outputDescriptions(
      try inputs.map { inputs throws(ModelError) in try network.outputShapes(for: inputs) })
    self.weights = try inputs.map { inputs throws(ModelError) in
      try readWeights(Sublayer("", path: "", root, inputs: inputs))
    }
    self.lowering = Lowering(root, network, weights, executionOptions)
    self.engine = Self.engine(lowering, executionOptions)
  }

  private static func engine(
    _ lowering: Lowering, _ options: ExecutionOptions, keepsStates: Bool = false
  ) -> Engine {
    Engine(pool: options.pool, maximumBytes: options.maximumBytes) { shapes throws(ModelError) in
      try Program(
        try lowering.graph(for: shapes, keepsStates: keepsStates), passes: options.optimization.passes,
        constants: lowering.constants
      ) { count, body in options.pool.run(count: count) { index, _ in body(index) } }
    }
  }
}

// MARK: - In Swift

/// A model whose layers are called one after another.
public typealias Sequential = Model

extension Model {
  /// A chain of layers, with weights drawn as Keras draws them.
  ///
  /// Without an ``Input`` at the start the model has no weights yet: it can be used as a layer of another model.
  /// - Parameter seed: what the drawn weights depend on.
  /// - Throws: `ModelError` when a layer does not fit the one before it, naming the layer.
  public init(
    _ layers: [any Layer], name: String = "sequential", seed: UInt64 = 0,
    executionOptions: ExecutionOptions = ExecutionOptions()
  ) throws {
    let chain = try SequentialNetwork(layers, name: name)
    try self.init(root: chain, network: chain.network, name: name, executionOptions: executionOptions) {
      place throws(ModelError) in try LayerWeights(drawnFor: place, seed: seed)
    }
  }

  /// The layers between inputs and outputs, with weights drawn as Keras draws them.
  /// - Parameter seed: what the drawn weights depend on.
  /// - Throws: `ModelError` when shapes do not fit or an output depends on an input that is not among `inputs`.
  public init(
    inputs: [any SymbolicTensor], outputs: [any SymbolicTensor], name: String = "functional", seed: UInt64 = 0,
    executionOptions: ExecutionOptions = ExecutionOptions()
  ) throws {
    let network = try Network(inputs: inputs.map(\.kerasTensor), outputs: outputs.map(\.kerasTensor))
    try self.init(
      root: FunctionalNetwork(network, name: name), network: network, name: name, executionOptions: executionOptions
    ) { place throws(ModelError) in try LayerWeights(drawnFor: place, seed: seed) }
  }

  /// The layers between one input and one output.
  public init(
    inputs: any SymbolicTensor, outputs: any SymbolicTensor, name: String = "functional", seed: UInt64 = 0,
    executionOptions: ExecutionOptions = ExecutionOptions()
  ) throws {
    try self.init(
      inputs: [inputs], outputs: [outputs], name: name, seed: seed, executionOptions: executionOptions)
  }
}

extension LayerWeights {
  /// Weights as Keras draws them before training. Those that a layer brings along stay as they are.
  fileprivate init(drawnFor place: Sublayer, seed: UInt64) throws(ModelError) {
    var generator = SeededGenerator(seed: seed)
    try self.init(for: place) { slot throws(ModelError) in try slot.draw(using: &generator) }
  }
}

extension WeightSlot {
  /// The weight as Keras draws it before training.
  fileprivate func draw(using generator: inout SeededGenerator) throws(ModelError) -> Tensor {
    guard let shape = variable.shape.known else {
      throw ModelError(
        .shapeMismatch, subject, "expected an input whose extents fix `\(variable.name)`. Received: \(variable.shape)")
    }
    return variable.initializer.draw(shape, using: &generator)
  }
}

// MARK: - Programs

extension Model {
  /// The program for inputs of the given shapes, the batch first in each.
  package func program(for shapes: [Shape]) throws(ModelError) -> Program {
    try engine.program(for: shapes)
  }

  /// Runs the model on inputs that are as it declares them.
  func run(
    _ inputs: [Tensor], batchSize: Int?, progress: (@Sendable (_ rows: Int) -> Void)?
  ) throws -> [Tensor] {
    try checkWeightsExist()
    return try named {
      try engine.run(try withReadings(inputs), sliceRows: batchSize, progress: progress)
    }
  }

  /// Puts the model's name in front of failures that concern no layer.
  private func named<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as ModelError {
      throw error.subject.isEmpty ? error.within(name) : error
    }
  }

  /// Runs the model on inputs that are as it declares them, and writes into `outputs`.
  func run(
    _ inputs: UnsafeBufferPointer<Tensor>, into outputs: UnsafeMutableBufferPointer<Tensor>, batchSize: Int?
  ) throws {
    try checkWeightsExist()
    guard lowering.readsStrings else {
      return try named { try engine.run(inputs, into: outputs, sliceRows: batchSize) }
    }
    let results = try run(Array(inputs), batchSize: batchSize, progress: nil)
    for (index, result) in results.enumerated() { outputs[index] = result }
  }

  /// The inputs, and after them what the layers read from those that hold strings: what programs take.
  func withReadings(_ inputs: [Tensor]) throws(ModelError) -> [Tensor] {
    lowering.readsStrings ? inputs + (try lowering.readings(of: inputs)) : inputs
  }

  /// Compiles what ``run(_:batchSize:progress:)`` needs for inputs of these shapes.
  func compile(for shapes: [Shape], batchSize: Int?) throws {
    try checkWeightsExist()
    try named { try engine.prepare(shapes, sliceRows: batchSize) }
  }

  /// What each step of the program for these inputs costs.
  func profileSteps(_ inputs: [Tensor], runs: Int) throws(ModelError) -> [StepProfile] {
    try checkWeightsExist()
    return try engine.profile(inputs, runs: runs)
  }

  /// An engine whose programs take the states of stateful layers after the model's inputs, and give them after its
  /// outputs.
  func makeStatefulEngine() throws(ModelError) -> Engine {
    try checkWeightsExist()
    return Self.engine(lowering, executionOptions, keepsStates: true)
  }

  private func checkWeightsExist() throws(ModelError) {
    guard weights != nil else {
      throw ModelError(
        .shapeMismatch, name, "expected a model that begins with Input(shape:); its weights do not exist")
    }
  }

  /// Replaces the weights, and with them all programs.
  mutating func replaceWeights(_ weights: LayerWeights) {
    self.weights = weights
    lowering = Lowering(root, network, weights, executionOptions)
    engine = Self.engine(lowering, executionOptions)
  }
}

extension Network {
  /// The element types that the inputs are converted to.
  var inputDataTypes: [DataType] {
    inputs.map { (member(of: $0.call).layer as? InputLayer)?.dataType ?? .float32 }
  }

  /// The names of the inputs: those of the input layers.
  var inputNames: [String] { inputs.map { member(of: $0.call).name } }

  /// The names of the outputs: the keys of a dictionary, or the layers that give them; that of one output of several of
  /// a model inside is its path. A name that comes more than once is followed by a number.
  var outputNames: [String] {
    if let outputKeys { return outputKeys }
    let names = outputs.map(name)
    return names.enumerated().map { index, name in
      names.filter { $0 == name }.count > 1 ? "\(name)_\(names[..<index].filter { $0 == name }.count)" : name
    }
  }

  private func name(of output: Reference) -> String {
    let member = member(of: output.call)
    guard let inner = member.layer.nestedNetwork?.outputNames, inner.count > 1, inner.indices.contains(output.output)
    else {
      return member.name
    }
    return "\(member.name)/\(inner[output.output])"
  }
}
