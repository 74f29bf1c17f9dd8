import ArgumentParser
import Ostinato

/// Inputs made up for measuring: random, the same every time.
struct WorkloadArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The extents of an input without the batch; needed where the model leaves one open.",
      valueName: "[name=]d,d,…"))
  var shape: [Named<Extents>] = []

  @Option(help: ArgumentHelp("Rows in the input.", valueName: "n"))
  var batch: Int = 1

  /// More elements than this are a slip of the hand.
  private static let maximumElements = 1 << 31

  func validate() throws {
    if batch < 1 { throw ValidationError("expected --batch of at least 1. Received: \(batch)") }
  }

  /// The shapes of the model's inputs, the batch first.
  func shapes(for model: Model) throws -> [Shape] {
    let given = try model.inputs.place(shape, kind: "input")
    return try zip(model.inputs, given).map { try shape(of: $0, given: $1) }
  }

  private func shape(of input: TensorDescription, given: Extents?) throws -> Shape {
    let declared = SymbolicShape(Array(input.shape.dimensions.dropFirst()))
    guard let row = try given.map({ try Shape(validating: $0.values) }) ?? declared.known else {
      throw ModelError(
        .invalidInput, "input '\(input.name)'",
        "expected --shape \(input.name)=D,… for the open extents of \(input.shape)")
    }
    guard declared.admits(row) else {
      throw ModelError(
        .invalidInput, "input '\(input.name)'",
        "expected --shape that fits \(input.shape) without the batch. Received: \(row)")
    }
    let shape = try Shape(validating: [batch] + row)
    guard shape.elementCount <= Self.maximumElements else {
      throw ModelError(
        .invalidInput, "input '\(input.name)'", "expected at most \(Self.maximumElements) elements. Received: \(shape)")
    }
    return shape
  }

  /// Tensors of these shapes: below the vocabulary for what an Embedding looks up, 0 or 1 for other whole numbers, and
  /// from 0 to 1 for floats.
  func tensors(_ shapes: [Shape], for model: Model) -> [Tensor] {
    var generator = SeededGenerator(seed: 0)
    return zip(model.inputs, shapes).map { input, shape in
      if let limit = input.vocabulary ?? (input.dataType == .int32 ? 2 : nil) {
        let limit = Int32(clamping: limit)
        return Tensor(
          (0..<shape.elementCount).map { _ in Int32.random(in: 0..<limit, using: &generator) }, shape: shape)
      }
      return Tensor((0..<shape.elementCount).map { _ in Float.random(in: 0..<1, using: &generator) }, shape: shape)
    }
  }
}

/// The argument `D,D,…`.
struct Extents: ExpressibleByArgument, Sendable {
  let values: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Int($0) }
    guard values.count == parts.count, values.allSatisfy({ $0 > 0 }) else { return nil }
    self.values = values
  }
}
