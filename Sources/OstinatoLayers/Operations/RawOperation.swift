import OstinatoGraph
import OstinatoTensors

/// One of `keras.ops` as a node of a functional model: what Keras records when arithmetic is written on symbolic
/// tensors.
///
/// Its arguments are those of the one call that made it. Output shapes are found by lowering it on trial shapes, so that
/// an operation is described once, by what it lowers to.
package struct RawOperation: Layer {
  package static let className = "Operation"
  package var options: LayerOptions
  package let className: String
  /// What its class was made with, by Keras' names.
  package let config: [String: JSONValue]
  /// The arguments of its call.
  package let call: OperationArguments
  /// The arguments of both.
  private let arguments: OperationArguments
  private let lowering: OperationLowering

  /// - Parameters:
  ///   - settings: what the class was made with.
  ///   - call: the arguments of its call.
  /// - Throws: `ModelError.Code.unsupportedLayer` for an operation that is not in ``operationLowerings``.
  package init(
    _ className: String, name: String, settings: [String: JSONValue] = [:], call: OperationArguments
  ) throws(ModelError) {
    guard let lowering = operationLowerings[className] else {
      throw ModelError(
        .unsupportedLayer, "\(name) (\(className))",
        "expected an operation that Ostinato runs. Received: keras.ops '\(className)'")
    }
    self.options = LayerOptions(name: name)
    self.className = className
    self.config = settings
    self.call = call
    self.arguments = OperationArguments(
      positional: call.positional,
      keywords: settings.mapValues(OperationArgument.constant).merging(call.keywords) { $1 })
    self.lowering = lowering
  }

  package init(config: LayerConfig) throws(ModelError) {
    throw ModelError(.unsupportedLayer, config.subject, "expected an operation inside a functional model")
  }

  package func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    if let shape = writtenShape(for: inputs) { return [shape] }
    let agreeing = inputs.map { $0.filled(from: inputs + constantShapes) }
    var failure: ModelError?
    for given in agreeing == inputs ? [inputs] : [inputs, agreeing] {
      for extents in Self.trialExtents {
        do throws(ModelError) {
          return try openShapes(for: given, extents)
        } catch {
          failure = failure ?? error
        }
      }
    }
    throw failure ?? ModelError(.shapeMismatch, "", "expected known shapes. Received: \(inputs)")
  }

  /// What stands for an open extent: numbers that nothing divides, so that nothing fits them by chance; for operations
  /// that cut an axis into equal parts, numbers that much divides.
  private static let trialExtents = [(few: 7, many: 11), (few: 1680, many: 3360)]

  /// The output shapes, open where two trials with other extents for what is open differ.
  private func openShapes(
    for inputs: [SymbolicShape], _ extents: (few: Int, many: Int)
  ) throws(ModelError) -> [SymbolicShape] {
    let few = try trial(inputs, unknown: extents.few)
    let many = try trial(inputs, unknown: extents.many)
    return zip(few, many).map { few, many in SymbolicShape(zip(few, many).map { $0 == $1 ? $0 : nil }) }
  }

  /// The shapes of the arrays among the arguments.
  private var constantShapes: [SymbolicShape] {
    (arguments.positional + Array(arguments.keywords.values)).compactMap { argument in
      guard case .constant(let value) = argument, let array = value["config"]?["value"] else { return nil }
      return Tensor(array).map { SymbolicShape($0.shape) }
    }
  }

  /// The output shape where Python wrote it down. What stands for -1 is known where all of the input is.
  private func writtenShape(for inputs: [SymbolicShape]) -> SymbolicShape? {
    guard let name = ["Reshape": "newshape", "BroadcastTo": "shape"][className],
      case .constant(let value) = arguments.keywords[name], let target = value.array?.map(\.int),
      let input = inputs.first
    else { return nil }
    let known = SymbolicShape(target.filter { $0 != -1 }).elementCount
    let rest = input.elementCount.flatMap { count in known.map { count / max($0, 1) } }
    return SymbolicShape(target.map { $0 == -1 ? rest : $0 })
  }

  /// The output shapes with `unknown` for every extent that is not known.
  private func trial(_ inputs: [SymbolicShape], unknown: Int) throws(ModelError) -> [Shape] {
    var graph = GraphBuilder(constants: PreparedConstants())
    var values: [Value] = []
    for input in inputs {
      values.append(graph.input(ValueType(try Shape(validating: input.dimensions.map { $0 ?? unknown }))))
    }
    return try lower(LayerCall(inputs: values, weights: LayerWeights()), into: &graph).map(\.shape)
  }

  package func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    try lowering(OperationCall(inputs: call.inputs, arguments: arguments), &graph)
  }
}

/// How an operation becomes primitive ones.
package typealias OperationLowering =
  @Sendable (_ call: OperationCall, _ graph: inout GraphBuilder) throws(ModelError) -> [Value]

/// An argument of an operation: a tensor, by its number among the inputs, or what Python wrote there.
package indirect enum OperationArgument: Sendable, Equatable {
  case tensor(Int)
  case list([OperationArgument])
  case constant(JSONValue)
}

/// The arguments of an operation, by place, by keyword, and those that its class was made with.
package struct OperationArguments: Sendable, Equatable {
  package var positional: [OperationArgument] = []
  package var keywords: [String: OperationArgument] = [:]

  package init(positional: [OperationArgument] = [], keywords: [String: OperationArgument] = [:]) {
    self.positional = positional
    self.keywords = keywords
  }
}

/// An operation's arguments with the tensors in their places.
package struct OperationCall {
  package let inputs: [Value]
  package let arguments: OperationArguments

  /// The argument called `name`, or else the one at `position`; nil when there is neither.
  package func argument(_ name: String, _ position: Int) -> OperationArgument? {
    if let named = arguments.keywords[name] { return named }
    return arguments.positional.indices.contains(position) ? arguments.positional[position] : nil
  }

  /// The arguments that Python wrote by keyword or that the operation's class was made with.
  package var settings: [String: JSONValue] { arguments.keywords.compactMapValues(Self.plain) }

  /// What Python wrote for an argument; nil when it is absent, null or a tensor.
  package func constant(_ name: String, _ position: Int) -> JSONValue? {
    guard let argument = argument(name, position), let value = Self.plain(argument), !value.isNull else { return nil }
    return value
  }

  /// An argument without tensors as JSON.
  private static func plain(_ argument: OperationArgument) -> JSONValue? {
    switch argument {
    case .tensor: return nil
    case .constant(let value): return value
    case .list(let elements):
      let values = elements.compactMap(plain)
      return values.count == elements.count ? .array(values) : nil
    }
  }

  /// Whether an argument is there and not null.
  package func isGiven(_ name: String, _ position: Int) -> Bool {
    switch argument(name, position) {
    case nil, .constant(.null): false
    default: true
    }
  }

  /// Whether Python wrote `None` for an argument that has another default.
  package func isNone(_ name: String) -> Bool {
    if case .constant(.null) = arguments.keywords[name] { true } else { false }
  }

  /// A tensor argument, or numbers as a constant.
  package func value(
    _ name: String, _ position: Int, _ graph: inout GraphBuilder
  ) throws(ModelError) -> Value {
    guard let argument = argument(name, position), let value = try value(of: argument, name, &graph) else {
      throw failure(name, expected: "a tensor or a number")
    }
    return value
  }

  /// A tensor by its number in the first call of the operation; a file may say that another call has fewer.
  private func input(_ index: Int) throws(ModelError) -> Value {
    guard inputs.indices.contains(index) else {
      throw ModelError(.malformedGraph, "", "expected at least \(index + 1) tensors. Received: \(inputs.count)")
    }
    return inputs[index]
  }

  private func value(
    of argument: OperationArgument, _ name: String, _ graph: inout GraphBuilder
  ) throws(ModelError) -> Value? {
    if case .tensor(let index) = argument { return try input(index) }
    // Arrays come as `{"class_name": "__numpy__", "config": {"value": […], "dtype": "float32"}}`.
    guard let plain = Self.plain(argument), let tensor = Tensor(plain["config"]?["value"] ?? plain) else { return nil }
    let type = plain["config"]?["dtype"]?.string.map { DataType(kerasName: $0) } ?? tensor.dataType
    return try graph.constant("argument \(name)") { () throws(ModelError) in
      type == .string ? tensor : tensor.converted(to: type)
    }
  }

  /// The elements of a list argument, numbers as constants; a tensor alone is a list of one.
  package func list(
    _ name: String, _ position: Int, _ graph: inout GraphBuilder
  ) throws(ModelError) -> [Value] {
    guard let argument = argument(name, position) else { return [] }
    guard case .list(let elements) = argument else { return [try value(name, position, &graph)] }
    var values: [Value] = []
    for (index, element) in elements.enumerated() {
      guard let value = try value(of: element, "\(name) \(index)", &graph) else {
        throw failure(name, expected: "a list of tensors or numbers")
      }
      values.append(value)
    }
    return values
  }

  /// All positional arguments, those in lists among them.
  package func operands(_ graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    var values: [Value] = []
    for place in arguments.positional.indices { values += try list("operand \(place)", place, &graph) }
    return values
  }

  /// Numbers, one or a list; nil where there are none.
  package func numbers(_ name: String, _ position: Int) -> [Double]? {
    guard let constant = constant(name, position) else { return nil }
    let plain = constant["config"]?["value"] ?? constant
    return plain.array?.compactMap(\.double) ?? plain.double.map { [$0] }
  }

  /// Whether an argument is a list of numbers, not one.
  package func isList(_ name: String, _ position: Int) -> Bool {
    constant(name, position).map { ($0["config"]?["value"] ?? $0).array != nil } ?? false
  }

  /// Whole numbers, one or a list; nil when the argument is absent.
  package func ints(_ name: String, _ position: Int) throws(ModelError) -> [Int]? {
    guard let value = constant(name, position) else { return nil }
    let elements = value.array ?? [value]
    let numbers = elements.compactMap(\.int).filter(LayerConfig.sensibleNumbers.contains)
    guard numbers.count == elements.count else { throw failure(name, expected: "whole numbers") }
    return numbers
  }

  /// A whole number: the first of `names` that is given.
  package func firstInt(_ names: String...) throws(ModelError) -> Int? {
    for name in names {
      if let number = try ints(name, .max)?.first { return number }
    }
    return nil
  }

  /// A truth value.
  package func bool(_ name: String, _ position: Int, default fallback: Bool) -> Bool {
    constant(name, position).flatMap(\.bool) ?? fallback
  }

  /// The axes that an argument means for a value of shape `shape`; all of them when it is absent.
  package func axes(_ name: String, _ position: Int, of shape: Shape) throws(ModelError) -> [Int] {
    guard let given = try ints(name, position) else { return Array(shape.indices) }
    return try given.map { axis throws(ModelError) in try shape.axis(axis) }
  }

  /// One axis of a value of shape `shape`.
  package func axis(_ name: String, _ position: Int, of shape: Shape) throws(ModelError) -> Int {
    guard let axes = try ints(name, position), axes.count == 1 else { throw failure(name, expected: "one axis") }
    return try shape.axis(axes[0])
  }

  /// `count` whole numbers above zero; a single number stands for all of them.
  package func extents(_ name: String, _ position: Int, count: Int) throws(ModelError) -> [Int] {
    var numbers = try ints(name, position) ?? []
    if numbers.count == 1 { numbers = [Int](repeating: numbers[0], count: count) }
    guard numbers.count == count, numbers.allSatisfy({ (1...LayerConfig.largestExtent).contains($0) }) else {
      throw failure(name, expected: "\(count) positive integers")
    }
    return numbers
  }

  package func failure(_ name: String, expected: String) -> ModelError {
    ModelError(.malformedConfig, "", "expected `\(name)` to be \(expected)")
  }
}

extension SymbolicShape {
  /// The shape with what is open taken from the others, axis by axis: they have to broadcast together.
  fileprivate func filled(from others: [SymbolicShape]) -> SymbolicShape {
    let peers = others.filter { $0.rank == rank }
    return SymbolicShape(
      dimensions.enumerated().map { axis, extent in
        extent ?? peers.lazy.compactMap { $0.dimensions[axis] }.first { $0 != 1 }
      })
  }
}

extension Tensor {
  /// A number or nested lists of numbers, int32 where all are whole; nil for anything else.
  fileprivate init?(_ json: JSONValue) {
    var (shape, level) = ([Int](), [json])
    while let first = level.first?.array {
      guard level.allSatisfy({ $0.array?.count == first.count }) else { return nil }
      shape.append(first.count)
      level = level.flatMap { $0.array ?? [] }
    }
    let numbers = level.compactMap { $0.double ?? $0.bool.map { $0 ? 1 : 0 } }
    guard numbers.count == level.count, shape.reduce(1, *) == numbers.count else { return nil }
    let isWhole = level.allSatisfy {
      switch $0 {
      case .int(let number): Int32(exactly: number) != nil
      case .bool: true
      default: false
      }
    }
    self =
      isWhole
      ? Tensor(numbers.map { Int32($0) }, shape: Shape(shape)) : Tensor(numbers.map { Float($0) }, shape: Shape(shape))
  }
}
