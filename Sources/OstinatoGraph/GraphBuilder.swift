import OstinatoTensors

/// Where layers write their operations.
///
/// A layer's `lower` takes the values of its inputs, adds operations by the methods here, and returns the values of its
/// outputs. All shapes are known, the batch included.
public struct GraphBuilder {
  package private(set) var graph = Graph()
  package let constants: PreparedConstants
  /// Masks that travel beside values, as Keras' `_keras_mask`: `(batch, time)`, 0 where a step is masked.
  private var masks: [Int: Value] = [:]
  /// Values that are the same whatever the inputs: constants, and what is made of them.
  private var fixed: Set<Int> = []
  /// The float32 twins of truth values.
  var truths: [Int: Value] = [:]
  private var path: [(name: String, className: String)] = []
  /// Whether states outlive a run: the program then takes them after its other inputs and gives them after its other
  /// outputs.
  package let keepsStates: Bool
  var stateSlots: [StateSlot] = []
  private let strings: StringSource
  /// What was read from strings, in order, where they were at hand.
  package private(set) var readings: [Tensor] = []
  private var readingCount = 0
  /// The most bytes that one value may take.
  private let maximumBytes: Int
  /// What a model needs many times over.
  private static let mostOperations = 1 << 18

  /// - Parameter maximumBytes: the most bytes that one value may take; sums of a few stay far from overflow in any case.
  package init(
    constants: PreparedConstants, keepsStates: Bool = false, strings: StringSource = .readings([]),
    maximumBytes: Int = .max
  ) {
    self.constants = constants
    self.keepsStates = keepsStates
    self.strings = strings
    self.maximumBytes = min(maximumBytes, Int.max >> 16)
  }

  /// - Throws: when a value of `type` takes more memory than the run may.
  package func requireRoom(for type: ValueType) throws(ModelError) {
    guard type.byteCount <= maximumBytes else {
      throw ModelError(.invalidInput, "", "expected values of at most \(maximumBytes) bytes each. Received: \(type)")
    }
  }

  // MARK: Values

  /// An input of the program.
  package mutating func input(_ type: ValueType) -> Value {
    Value(id: graph.makeValue(type, .input(graph.inputs.count)), type: type)
  }

  /// A constant, made once per model and layer under `name`.
  public mutating func constant(_ name: String, make: () throws(ModelError) -> Tensor) throws(ModelError) -> Value {
    self.constant(try constants.constant(layerPath + ":" + name, make: make))
  }

  /// A constant that is already made.
  package mutating func constant(_ constant: Constant) -> Value {
    let type = constant.type
    let value = Value(id: graph.makeValue(type, .constant(constant)), type: type)
    fixed.insert(value.id)
    return value
  }

  /// Whether `value` is the same whatever the inputs, so that it has no batch.
  package func isFixed(_ value: Value) -> Bool { fixed.contains(value.id) }

  /// Says that `value`, which may be made of constants alone, has a row for each row of the batch.
  package mutating func hasBatch(_ value: Value) { fixed.remove(value.id) }

  /// What a layer prepares once that is no tensor, under `name`.
  package func object<Object: Sendable>(
    _ name: String, make: () throws(ModelError) -> Object
  ) throws(ModelError) -> Object {
    try constants.object(layerPath + ":" + name, make: make)
  }

  /// The tensor behind a constant value, or nil when the value is computed at run time.
  package func tensor(of value: Value) -> Tensor? {
    graph.constant(value.id)?.tensor
  }

  /// The rows of the model's inputs.
  package var batch: Int { graph.inputs.first.flatMap { graph.types[$0].shape.first } ?? 1 }

  /// Adds `operation` and returns its outputs.
  package mutating func add(_ operation: any Operation, _ inputs: [Value]) throws(ModelError) -> [Value] {
    guard inputs.allSatisfy({ $0.dataType != .string }) else {
      throw ModelError(.invalidInput, "", "expected numbers. Received: strings, which only look-ups and hashes take")
    }
    let types: [ValueType]
    do throws(ModelError) {
      types = try operation.outputTypes(for: inputs.map(\.type))
    } catch {
      throw error.subject.isEmpty ? error.within(operation.name) : error
    }
    for type in types { try requireRoom(for: type) }
    guard graph.nodes.count < Self.mostOperations else {
      throw ModelError(.malformedGraph, "", "expected a model of at most \(Self.mostOperations) operations")
    }
    let outputs = types.map { Value(id: graph.makeValue($0, .node), type: $0) }
    if inputs.allSatisfy(isFixed) { fixed.formUnion(outputs.map(\.id)) }
    graph.nodes.append(
      Graph.Node(operation: operation, inputs: inputs.map(\.id), outputs: outputs.map(\.id), layer: layer))
    return outputs
  }

  /// Adds an operation of one output.
  package mutating func addOne(_ operation: any Operation, _ inputs: Value...) throws(ModelError) -> Value {
    try add(operation, inputs)[0]
  }

  /// Declares that rows of the batch are mixed from here on: the program may not be run on slices of the batch.
  public mutating func mixBatch() {
    graph.mixesBatch = true
  }

  /// The finished graph. An output that has not a row for each of the batch mixes rows.
  package mutating func finish(outputs: [Value]) -> Graph {
    if outputs.contains(where: { isFixed($0) || $0.shape.first != batch }) { mixBatch() }
    graph.outputs = (outputs + stateSlots.filter(\.isKept).flatMap(\.values)).map(\.id)
    return graph
  }

  // MARK: Strings

  /// The numbers that `read` makes of inputs of the model, strings among them; see ``StringSource``.
  package mutating func readStrings(
    _ values: [Value], read: ([Tensor]) throws(ModelError) -> Tensor
  ) throws(ModelError) -> Value {
    let shape = try readingShape(values, read)
    readingCount += 1
    return input(ValueType(shape, .int32))
  }

  private mutating func readingShape(
    _ values: [Value], _ read: ([Tensor]) throws(ModelError) -> Tensor
  ) throws(ModelError) -> Shape {
    switch strings {
    case .inputs(let tensors):
      var operands: [Tensor] = []
      for value in values {
        guard case .input(let index) = graph.origins[value.id], tensors.indices.contains(index) else {
          throw ModelError(
            .invalidInput, "", "expected strings that are inputs of the model. Received: computed values")
        }
        operands.append(tensors[index])
      }
      readings.append(try read(operands))
      return readings[readingCount].shape
    case .readings(let shapes):
      guard shapes.indices.contains(readingCount) else {
        throw ModelError(.invalidInput, "", "expected strings to be read before the program is compiled")
      }
      return shapes[readingCount]
    }
  }

  /// Strings by their numbers in `table`, for an output of the model.
  package mutating func strings(_ numbers: Value, of table: [String]) throws(ModelError) -> Value {
    let strings = try addOne(Cast(to: .string), numbers)
    graph.stringTables[strings.id] = table
    return strings
  }

  // MARK: Masks

  /// The mask that travels with `value`, or nil.
  public func mask(of value: Value) -> Value? { masks[value.id] }

  /// Lets `mask` travel with `value`, or none.
  public mutating func setMask(_ mask: Value?, of value: Value) { masks[value.id] = mask }

  // MARK: Where we are

  /// The path of the layer being lowered: `encoder/dense_1`.
  public var layerPath: String { path.lazy.map(\.name).joined(separator: "/") }

  private var layer: LayerLabel { LayerLabel(path: layerPath, className: path.last?.className ?? "") }

  /// Runs `body` one step further down the path.
  package mutating func scoped<Result>(
    _ name: String, className: String = "", _ body: (inout GraphBuilder) throws(ModelError) -> Result
  ) throws(ModelError) -> Result {
    path.append((name, className))
    defer { path.removeLast() }
    return try body(&self)
  }
}
