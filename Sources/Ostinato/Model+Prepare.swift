import OstinatoLayers
import OstinatoTensors

extension Model {
  /// Compiles the programs that a prediction for inputs of these shapes needs, so that the first one finds them ready.
  ///
  /// - Parameters:
  ///   - shapes: one for each input, in order, the batch first.
  ///   - batchSize: as the prediction will be given it.
  /// - Throws: `ModelError.Code.invalidInput` when a shape is not one that the model takes.
  public func prepare(for shapes: [Shape], batchSize: Int? = nil) throws {
    guard shapes.count == inputs.count else {
      throw ModelError(
        .invalidInput, name,
        "expected \(inputs.count) shapes \(inputs.map(\.description)). Received: \(shapes.count)")
    }
    for (shape, input) in zip(shapes, inputs) {
      guard input.admitsRows(shape) else {
        throw ModelError(.invalidInput, "input '\(input.name)'", "expected shape \(input.shape). Received: \(shape)")
      }
    }
    try compile(for: shapes, batchSize: batchSize)
  }
}
