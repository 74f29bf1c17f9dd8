import OstinatoGraph
import OstinatoLayers
import OstinatoRuntime
import OstinatoTensors
import Synchronization

/// A model with what changes between its calls: the states of stateful recurrent layers.
///
/// In a session a layer with `stateful` starts a call from where it ended the call before, row by row of the batch, so
/// that long sequences can come in pieces. Without a session every call of the model starts from fresh states.
///
/// ```swift
/// let session = try model.makeSession(batchSize: 1)
/// for piece in pieces { labels.append(try session.predict(piece)) }
/// session.resetStates()
/// ```
///
/// A session may be used from any number of tasks; its calls take turns.
public final class Session: Sendable {
  /// The rows of every input.
  public let batchSize: Int
  private let model: Model
  private let engine: Engine
  /// The states after the last call; nil before the first.
  private let states = Mutex<[Tensor]?>(nil)

  fileprivate init(_ model: Model, _ engine: Engine, batchSize: Int) {
    self.model = model
    self.engine = engine
    self.batchSize = batchSize
  }

  /// The output of a model of one input and one output.
  /// - Throws: `ModelError.Code.invalidInput` when the input does not fit the model or the session's batch size.
  public func predict(_ input: Tensor) throws -> Tensor {
    try model.checkSingleOutput()
    return try predict(inputs: [input])[0]
  }

  /// The outputs, in order, for inputs in order.
  public func predict(inputs: [Tensor]) throws -> [Tensor] {
    let inputs = try model.standardized(inputs)
    for input in inputs where input.shape[0] != batchSize {
      throw ModelError(
        .invalidInput, model.name, "expected \(batchSize) rows as the session has. Received: \(input.shape)")
    }
    return try run(inputs)
  }

  /// The outputs by name for inputs by name.
  public func predict(inputs: [String: Tensor]) throws -> [String: Tensor] {
    model.named(try predict(inputs: try model.ordered(inputs)))
  }

  /// Lets the next call start from fresh states, as Keras' `reset_states()`.
  public func resetStates() {
    states.withLock { $0 = nil }
  }

  private func run(_ inputs: [Tensor]) throws -> [Tensor] {
    let inputs = try model.withReadings(inputs)
    return try states.withLock { states in
      let program = try engine.program(for: inputs.map(\.shape))
      let types = program.inputs.dropFirst(inputs.count)
      let before = states ?? types.map { Tensor(zeros: $0.shape) }
      guard before.map(\.shape) == types.map(\.shape) else {
        throw ModelError(
          .invalidInput, model.name,
          "expected inputs whose states are \(before.map(\.shape)) as before. Received: \(types.map(\.shape))")
      }
      let results = try engine.run(inputs + before)
      states = Array(results.suffix(before.count))
      return Array(results.dropLast(before.count))
    }
  }
}

extension Model {
  /// A session whose stateful layers start from fresh states.
  ///
  /// - Parameter batchSize: the rows of every input.
  /// - Throws: `ModelError.Code.invalidInput` when the model is declared for another batch size.
  public func makeSession(batchSize: Int = 1) throws -> Session {
    guard batchSize > 0 else {
      throw ModelError(.invalidInput, name, "expected a positive batch size. Received: \(batchSize)")
    }
    for shape in network.declaredInputs ?? [] {
      if let declared = shape.dimensions.first ?? nil, declared != batchSize {
        throw ModelError(.invalidInput, name, "expected the batch size \(declared) of \(shape). Received: \(batchSize)")
      }
    }
    return Session(self, try makeStatefulEngine(), batchSize: batchSize)
  }
}
