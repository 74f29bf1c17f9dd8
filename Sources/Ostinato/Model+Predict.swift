import OstinatoLayers
import OstinatoTensors

extension Model {
  /// The inputs in order: name, shape with `None` for what is open, and element type.
  public var inputs: [TensorDescription] {
    network.inputs.indices.map { index in
      TensorDescription(
        name: network.inputNames[index], shape: network.declaredInputs?[index] ?? [],
        dataType: network.inputDataTypes[index], vocabulary: network.vocabulary(ofInput: index))
    }
  }

  /// The outputs in order: name and shape with `None` for what is open.
  public var outputs: [TensorDescription] {
    let shapes = network.declaredInputs.flatMap { try? network.outputShapes(for: $0) }
    return network.outputNames.enumerated().map { index, name in
      TensorDescription(name: name, shape: shapes?[index] ?? [], dataType: .float32, vocabulary: nil)
    }
  }

  /// The output of a model of one input and one output, for a batch of rows.
  ///
  /// - Parameters:
  ///   - input: rows along the first axis. An element type other than the model's is converted as Keras does.
  ///   - batchSize: how many rows go through the model at once; nil to choose. The result does not depend on it.
  /// - Throws: `ModelError.Code.invalidInput` when the input does not fit, naming what was expected and what came;
  ///   `CancellationError` when the task that calls is cancelled before the end.
  public func predict(_ input: Tensor, batchSize: Int? = nil) throws -> Tensor {
    guard outputs.count == 1 else {
      throw ModelError(
        .invalidInput, name, "expected one output. Received: \(outputs.count); predict(inputs:) gives them all")
    }
    return try predict(inputs: [input], batchSize: batchSize)[0]
  }

  /// The outputs, in order, for inputs in order.
  /// - Parameter progress: told now and then how many rows are done, on any thread.
  public func predict(
    inputs: [Tensor], batchSize: Int? = nil, progress: (@Sendable (_ rows: Int) -> Void)? = nil
  ) throws -> [Tensor] {
    try run(try standardized(inputs), batchSize: batchSize, progress: progress)
  }

  /// The outputs by name for inputs by name.
  /// - Throws: `ModelError.Code.unknownName` when the names are not those of the model's inputs.
  public func predict(inputs: [String: Tensor], batchSize: Int? = nil) throws -> [String: Tensor] {
    named(try predict(inputs: try ordered(inputs), batchSize: batchSize))
  }

  /// Inputs by name in the order of the model's.
  func ordered(_ inputs: [String: Tensor]) throws(ModelError) -> [Tensor] {
    let names = network.inputNames
    guard Set(names) == Set(inputs.keys) else {
      throw ModelError(
        .unknownName, name, "expected inputs named \(names.sorted()). Received: \(inputs.keys.sorted())")
    }
    return names.compactMap { inputs[$0] }
  }

  /// The outputs by name.
  func named(_ outputs: [Tensor]) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: zip(network.outputNames, outputs))
  }

  /// The inputs with the declared ranks and element types.
  func standardized(_ tensors: [Tensor]) throws(ModelError) -> [Tensor] {
    let declared = inputs
    guard tensors.count == declared.count else {
      throw ModelError(
        .invalidInput, name,
        "expected \(declared.count) inputs \(declared.map(\.description)). Received: \(tensors.count)")
    }
    var result: [Tensor] = []
    for (tensor, description) in zip(tensors, declared) { result.append(try description.standardize(tensor)) }
    let batches = result.map { $0.shape.first ?? 0 }
    guard Set(batches).count <= 1 else {
      throw ModelError(.invalidInput, name, "expected inputs of one batch size. Received: \(batches)")
    }
    return result
  }
}

/// An input or output of a model.
public struct TensorDescription: Sendable, CustomStringConvertible {
  /// The name of the input layer, or of the layer that gives the output.
  public let name: String
  /// The shape, the batch first.
  public let shape: SymbolicShape
  /// The element type.
  public let dataType: DataType
  /// How many rows the ``Embedding`` has that looks this input up: the input holds whole numbers below it. Nil where
  /// there is none.
  public let vocabulary: Int?

  /// Name and shape: `ids (None, 6)`.
  public var description: String { "\(name) \(shape)" }

  /// A tensor with the declared rank and element type. As in Keras, a missing last axis of extent 1 is added and a
  /// superfluous one dropped.
  fileprivate func standardize(_ tensor: Tensor) throws(ModelError) -> Tensor {
    var tensor = tensor
    if tensor.shape.rank == shape.rank + 1, tensor.shape.last == 1 {
      tensor = tensor.reshaped(to: Array(tensor.shape.dropLast()))
    } else if tensor.shape.rank == shape.rank - 1, shape.rank > 0, shape[-1] == 1 {
      tensor = tensor.reshaped(to: tensor.shape + [1])
    }
    guard tensor.shape.rank > 0, SymbolicShape([nil] + shape.dimensions.dropFirst()).admits(tensor.shape) else {
      throw ModelError(
        .invalidInput, "input '\(name)'", "expected shape \(shape). Received: \(tensor.shape)")
    }
    guard (tensor.dataType == .string) == (dataType == .string) else {
      throw ModelError(
        .invalidInput, "input '\(name)'",
        "expected \(dataType.rawValue) elements. Received: \(tensor.dataType.rawValue)")
    }
    return tensor.converted(to: dataType)
  }
}
