import OstinatoLayers
import OstinatoTensors

extension Model {
  /// The output of a model of one input and one output, for a batch of rows.
  ///
  /// - Parameters:
  ///   - input: rows along the first axis. An element type other than the model's is converted as Keras does.
  ///   - batchSize: how many rows go through the model at once; nil to choose. The result does not depend on it.
  /// - Throws: `ModelError.Code.invalidInput` when the input does not fit, naming what was expected and what came;
  ///   `CancellationError` when the task that calls is cancelled before the end.
  public func predict(_ input: Tensor, batchSize: Int? = nil) throws -> Tensor {
    try checkSingleOutput()
    return try predict(inputs: [input], batchSize: batchSize)[0]
  }

  /// Writes the output of a model of one input and one output into `output`.
  ///
  /// For an input of the declared type whose shape was predicted before, and an `output` that shares its bytes with no
  /// other tensor, nothing is allocated; where threads share the work, only what they need to find it.
  /// - Parameters:
  ///   - input: rows along the first axis.
  ///   - output: a tensor of the shape and element type that ``predict(_:batchSize:)`` gives.
  /// - Throws: `ModelError.Code.invalidInput` when the input or `output` does not fit; `output` is then as it was,
  ///   unless the values of the input are at fault.
  public func predict(_ input: Tensor, into output: inout Tensor, batchSize: Int? = nil) throws {
    try checkSingleOutput()
    try withUnsafePointer(to: input) { input in
      try withUnsafeMutablePointer(to: &output) { output in
        try predict(
          UnsafeBufferPointer(start: input, count: 1), into: UnsafeMutableBufferPointer(start: output, count: 1),
          batchSize: batchSize)
      }
    }
  }

  /// Writes the outputs, in order, for inputs in order into `outputs`, as ``predict(_:into:batchSize:)`` does.
  public func predict(inputs: [Tensor], into outputs: inout [Tensor], batchSize: Int? = nil) throws {
    try inputs.withUnsafeBufferPointer { inputs in
      try outputs.withUnsafeMutableBufferPointer { outputs in
        try predict(inputs, into: outputs, batchSize: batchSize)
      }
    }
  }

  private func predict(
    _ inputs: UnsafeBufferPointer<Tensor>, into outputs: UnsafeMutableBufferPointer<Tensor>, batchSize: Int?
  ) throws {
    guard accepts(inputs) else {
      let inputs = try standardized(Array(inputs))
      return try inputs.withUnsafeBufferPointer { inputs in
        try run(inputs, into: outputs, batchSize: batchSize)
      }
    }
    try run(inputs, into: outputs, batchSize: batchSize)
  }

  func checkSingleOutput() throws(ModelError) {
    guard outputs.count == 1 else {
      throw ModelError(
        .invalidInput, name, "expected one output. Received: \(outputs.count); predict(inputs:) gives them all")
    }
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

  /// Whether these inputs can run as they are.
  private func accepts(_ tensors: UnsafeBufferPointer<Tensor>) -> Bool {
    guard tensors.count == inputs.count, let batch = tensors.first?.shape.first else { return false }
    return tensors.indices.allSatisfy { index in
      tensors[index].shape.first == batch && inputs[index].accepts(tensors[index])
    }
  }

  /// The inputs with the declared ranks and element types.
  func standardized(_ tensors: [Tensor]) throws(ModelError) -> [Tensor] {
    guard tensors.count == inputs.count else {
      throw ModelError(
        .invalidInput, name,
        "expected \(inputs.count) inputs \(inputs.map(\.description)). Received: \(tensors.count)")
    }
    if tensors.withUnsafeBufferPointer(accepts) { return tensors }
    var result: [Tensor] = []
    for (tensor, description) in zip(tensors, inputs) { result.append(try description.standardize(tensor)) }
    let batches = result.map { $0.shape.first ?? 0 }
    guard Set(batches).count <= 1 else {
      throw ModelError(.invalidInput, name, "expected inputs of one batch size. Received: \(batches)")
    }
    return result
  }
}
