import Ostinato
import OstinatoFormats
import OstinatoLayers
import OstinatoTensors

/// Uses a model as a program would: looks at it, writes it, and predicts for a small batch and an empty one.
struct ModelExercise {
  private let model: Model

  init(_ model: Model) { self.model = model }

  init(contentsOf path: String) throws {
    model = try Model(contentsOf: path, options: Limits.load, executionOptions: Limits.execution)
  }

  func run() throws {
    _ = model.summary()
    _ = model.outputs
    try? model.save(to: "/dev/null")
    try predict(batch: 2)
    try predict(batch: 0)
  }

  private func predict(batch: Int) throws {
    let shapes = try model.inputs.map { try Self.shape(of: $0, batch: batch) }
    guard shapes.allSatisfy({ $0.elementCount <= Self.largestInput }) else { return try model.prepare(for: shapes) }
    let inputs = zip(shapes, model.inputs).map(Self.tensor)
    if !model.inputs.contains(where: { $0.dataType == .string }) {
      let cost = try model.program(for: shapes.map { $0.withBatch(1) }).steps.reduce(0.0) { $0 + Double($1.flops) }
      guard cost < Self.largestCost else { return }
    }
    _ = try model.predict(inputs: inputs)
  }

  private static let largestInput = 1 << 20
  private static let largestCost = 1e8

  private static func shape(of input: TensorDescription, batch: Int) throws -> Shape {
    try Shape(validating: [batch] + input.shape.dimensions.dropFirst().map { $0 ?? 7 })
  }

  private static func tensor(_ shape: Shape, _ input: TensorDescription) -> Tensor {
    let numbers = 0..<shape.elementCount
    return switch input.dataType {
    case .float32: Tensor(numbers.map { Float($0 % 11) / 4 - 1 }, shape: shape)
    case .int32: Tensor(numbers.map { Int32($0 % 5) }, shape: shape)
    case .string: Tensor(numbers.map { $0.isMultiple(of: 2) ? "the fox" : "dog" }, shape: shape)
    }
  }
}
