import Ostinato

/// A small model drawn from a seed: layers, their arguments, branches and weights. Equal seeds give equal models.
public struct RandomModel: Sendable, CustomStringConvertible {
  public let seed: UInt64
  private let input: InputLayer
  private let output: KerasTensor
  /// The layers in the order in which they were drawn, with the shape that each gives.
  private var layers: [(layer: any Layer, shape: SymbolicShape)] = []

  /// More elements than this a row does not have between two layers.
  private static let largestRow = 4096

  public init(seed: UInt64) {
    self.seed = seed
    var random = SeededGenerator(seed: seed)
    let input = InputLayer(shape: Self.inputShapes.randomElement(using: &random) ?? [4])
    self.input = input
    var (tensor, shape) = (input.kerasTensor, SymbolicShape([nil] + (input.shape?.dimensions.dropFirst() ?? [])))
    for _ in 0..<Int.random(in: 1...7, using: &random) {
      (tensor, shape) = Self.grow(tensor, shape, &layers, using: &random)
    }
    self.output = tensor
  }

  private static let inputShapes: [[Int?]] = [
    [1], [7], [33], [5, 3], [9, 8], [2, 17], [6, 6, 1], [8, 7, 3], [5, 9, 16], [12, 12, 4], [3, 4, 4, 2],
  ]

  /// One more layer behind `tensor`; sometimes beside it, both added or joined.
  private static func grow(
    _ tensor: KerasTensor, _ shape: SymbolicShape, _ layers: inout [(layer: any Layer, shape: SymbolicShape)],
    using random: inout SeededGenerator
  ) -> (KerasTensor, SymbolicShape) {
    guard let (layer, next) = draw(on: shape, number: layers.count, using: &random) else { return (tensor, shape) }
    layers.append((layer, next))
    let result = layer(tensor)
    guard next == shape, Int.random(in: 0..<3, using: &random) == 0 else { return (result, next) }
    let merge: any Layer = [Add(), Multiply(), Maximum(), Average()].randomElement(using: &random) ?? Add()
    layers.append((merge, next))
    return (merge([tensor, result]), next)
  }

  /// A layer that fits `shape` and keeps rows small, or nil where none was found in a few attempts.
  private static func draw(
    on shape: SymbolicShape, number: Int, using random: inout SeededGenerator
  ) -> (layer: any Layer, shape: SymbolicShape)? {
    for _ in 0..<8 {
      var layer = LayerDrawing.layer(forRank: shape.rank, using: &random)
      layer.options.name = "layer_\(number)"
      guard let shape = try? layer.outputShapes(for: [shape]).first, let row = rowSize(shape) else { continue }
      if (1...largestRow).contains(row) { return (layer, shape) }
    }
    return nil
  }

  private static func rowSize(_ shape: SymbolicShape) -> Int? {
    shape.dimensions.dropFirst().reduce(1) { size, extent in size.flatMap { size in extent.map { size * $0 } } }
  }

  /// What to look at when a property does not hold.
  public var description: String {
    let steps = layers.map { "\($0.layer.className) \($0.layer.config.sorted { $0.key < $1.key }) → \($0.shape)" }
    return "seed \(seed): \(input.shape.map(\.description) ?? "") → " + steps.joined(separator: " → ")
  }

  /// The model, with biases, scales and statistics that are not those of a fresh layer.
  public func model(_ options: ExecutionOptions = ExecutionOptions()) throws -> Model {
    var model = try Model(inputs: [input], outputs: [output], seed: seed, executionOptions: options)
    var random = SeededGenerator(seed: seed &+ 1)
    for (layer, _) in layers {
      guard let name = layer.name, let weights = try? model.weights(of: name), !weights.isEmpty else { continue }
      let drawn = weights.map { $0.shape.rank == 1 ? Self.floats($0.shape, in: 0.5...1.5, using: &random) : $0 }
      try model.setWeights(drawn, of: name)
    }
    return model
  }

  /// Rows for the model.
  public func rows(_ count: Int) -> Tensor {
    var random = SeededGenerator(seed: seed &+ 2)
    let row = input.shape?.dimensions.dropFirst().map { $0 ?? 1 } ?? []
    return Self.floats(Shape([count] + row), in: -1...1, using: &random)
  }

  private static func floats(
    _ shape: Shape, in range: ClosedRange<Float>, using random: inout SeededGenerator
  ) -> Tensor {
    Tensor((0..<shape.elementCount).map { _ in Float.random(in: range, using: &random) }, shape: shape)
  }
}
