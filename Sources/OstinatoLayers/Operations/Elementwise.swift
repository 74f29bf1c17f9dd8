import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations on elements: one by one, in pairs, and by choice.
let elementwiseOperations: [String: OperationLowering] =
  unaryOperations.mapValues(lowerUnary)
  .merging(binaryOperations.mapValues(lowerBinary)) { $1 }
  .merging(otherElementwiseOperations) { $1 }

private let unaryOperations: [String: UnaryFunction] = [
  "Abs": .absolute, "Absolute": .absolute, "Fabs": .absolute, "Negative": .negate, "Square": .square,
  "Sqrt": .squareRoot, "Rsqrt": .reciprocalSquareRoot, "Exp": .exponential, "Log": .logarithm, "Log1p": .log1p,
  "Log2": .log2, "Log10": .log10, "Expm1": .expm1, "Sin": .sine, "Cos": .cosine, "Tan": .tangent,
  "Sinh": .hyperbolicSine, "Cosh": .hyperbolicCosine, "Tanh": .tanh, "Arcsin": .arcsine, "Arccos": .arccosine,
  "Arctan": .arctangent, "Arcsinh": .areaSine, "Arccosh": .areaCosine, "Arctanh": .areaTangent, "Erf": .erf,
  "Floor": .floor, "Ceil": .ceil, "Sign": .sign, "Reciprocal": .reciprocal, "LogicalNot": .logicalNot,
  "Isnan": .isNaN, "Isfinite": .isFinite, "Isinf": .isInfinite, "Deg2rad": .affine(scale: .pi / 180, offset: 0),
  "Rad2deg": .affine(scale: 180 / .pi, offset: 0),
]

private let binaryOperations: [String: BinaryFunction] = [
  "Add": .add, "Subtract": .subtract, "Multiply": .multiply, "Divide": .divide, "TrueDivide": .divide,
  "FloorDivide": .floorDivide, "Mod": .modulo, "Power": .power, "Maximum": .maximum, "Minimum": .minimum,
  "Equal": .equal, "NotEqual": .notEqual, "Less": .less, "LessEqual": .lessOrEqual, "Greater": .greater,
  "GreaterEqual": .greaterOrEqual, "LogicalAnd": .logicalAnd, "LogicalOr": .logicalOr, "LogicalXor": .logicalXor,
  "Arctan2": .arctan2,
]

private func lowerUnary(_ function: UnaryFunction) -> OperationLowering {
  { call, graph throws(ModelError) in [try graph.apply(function, try call.value("x", 0, &graph))] }
}

private func lowerBinary(_ function: BinaryFunction) -> OperationLowering {
  { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    graph.mixBatchUnlessAligned([a, b])
    return [try graph.combine(function, a, b)]
  }
}

/// A constant of the input's shape.
private func lowerFilled(_ number: Float) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    return [try graph.broadcast(try graph.scalar(number), to: x.shape)]
  }
}

private let otherElementwiseOperations: [String: OperationLowering] = [
  "ZerosLike": lowerFilled(0), "OnesLike": lowerFilled(1),
  "FullLike": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    return [try graph.broadcast(try call.value("fill_value", 1, &graph), to: x.shape)]
  },
  "Where": { call, graph throws(ModelError) in
    let condition = try call.value("condition", 0, &graph)
    let (a, b) = (try call.value("x1", 1, &graph), try call.value("x2", 2, &graph))
    graph.mixBatchUnlessAligned([condition, a, b])
    return [try graph.select(condition, a, b)]
  },
  "Clip": { call, graph throws(ModelError) in
    var x = try call.value("x", 0, &graph)
    if call.isGiven("x_min", 1) { x = try graph.combine(.maximum, x, try call.value("x_min", 1, &graph)) }
    if call.isGiven("x_max", 2) { x = try graph.combine(.minimum, x, try call.value("x_max", 2, &graph)) }
    return [x]
  },
  "Cast": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let name = call.constant("dtype", 1)?.string ?? "float32"
    if name == "bool" { return [try graph.combine(.notEqual, x, try graph.scalar(0))] }
    return [try name.contains("int") ? graph.asInteger(x) : graph.asFloat(x)]
  },
  "SquaredDifference": { call, graph throws(ModelError) in
    [try graph.combine(.squaredDifference, try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))]
  },
  "DivideNoNan": { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    graph.mixBatchUnlessAligned([a, b])
    return [try graph.select(b, try graph.combine(.divide, a, b), try graph.scalar(0))]
  },
  "Round": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let scale = (0..<min(abs(try call.ints("decimals", 1)?.first ?? 0), 30)).reduce(Float(1)) { scale, _ in scale * 10 }
    let factor = (try call.ints("decimals", 1)?.first ?? 0) < 0 ? 1 / scale : scale
    guard factor != 1 else { return [try graph.apply(.round, x)] }
    let rounded = try graph.apply(.round, try graph.apply(.affine(scale: factor, offset: 0), x))
    return [try graph.apply(.affine(scale: 1 / factor, offset: 0), rounded)]
  },
  "ConvertToTensor": lowerIdentity, "StopGradient": lowerIdentity, "Copy": lowerIdentity,
]

/// The value itself. Keras gives another tensor, which has no mask.
private let lowerIdentity: OperationLowering = { call, graph throws(ModelError) in
  [try call.value("x", 0, &graph)]
}

extension GraphBuilder {
  /// Computed values of different ranks broadcast the batch of one against another axis of the other.
  mutating func mixBatchUnlessAligned(_ values: [Value]) {
    let ranks = values.filter { tensor(of: $0) == nil && $0.shape.rank > 0 }.map(\.shape.rank)
    if Set(ranks).count > 1 { mixBatch() }
  }
}
