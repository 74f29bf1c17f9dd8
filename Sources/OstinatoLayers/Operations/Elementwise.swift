import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations on elements: one by one, in pairs, and by choice.
let elementwiseOperations: [String: OperationLowering] =
  unaryOperations.mapValues { function in lowerUnary { graph, x, _ throws(ModelError) in try graph.apply(function, x) }
  }
  .merging(binaryOperations.mapValues(lowerBinary)) { $1 }
  .merging(otherElementwiseOperations) { $1 }

private let unaryOperations: [String: UnaryFunction] = [
  "Fabs": .absolute, "Sqrt": .squareRoot, "Rsqrt": .reciprocalSquareRoot, "Exp": .exponential, "Exp2": .exp2,
  "Log": .logarithm, "Log1p": .log1p, "Log2": .log2, "Log10": .log10, "Expm1": .expm1, "Sin": .sine, "Cos": .cosine,
  "Tan": .tangent, "Sinh": .hyperbolicSine, "Cosh": .hyperbolicCosine, "Tanh": .tanh, "Arcsin": .arcsine,
  "Arccos": .arccosine, "Arctan": .arctangent, "Arcsinh": .areaSine, "Arccosh": .areaCosine, "Arctanh": .areaTangent,
  "Erf": .erf, "Erfc": .erfc, "Erfinv": .inverseErf, "I0": .besselI0, "Floor": .floor, "Ceil": .ceil,
  "Trunc": .truncate, "Reciprocal": .reciprocal, "Cbrt": .cubeRoot, "Sinc": .sinc,
  "Deg2rad": .affine(scale: .pi / 180, offset: 0), "Rad2deg": .affine(scale: 180 / .pi, offset: 0),
]

private let binaryOperations: [String: BinaryFunction] = [
  "Add": .add, "Subtract": .subtract, "Multiply": .multiply, "Divide": .divide, "TrueDivide": .divide,
  "FloorDivide": .floorDivide, "Mod": .modulo, "Fmod": .remainder, "Power": .power, "Maximum": .maximum,
  "Minimum": .minimum, "Fmax": .largerNumber, "Fmin": .smallerNumber, "Arctan2": .arctan2, "Hypot": .hypotenuse,
  "Logaddexp": .logAddExp, "Logaddexp2": .logAddExp2,
  "Nextafter": .nextAfter,
]

/// A function of pairs; of whole numbers it gives whole numbers where it can.
private func lowerBinary(_ function: BinaryFunction) -> OperationLowering {
  lowerPairs { graph, a, b, _ throws(ModelError) in
    guard a.dataType == .int32, b.dataType == .int32, let integers = integerFunctions[function] else {
      return try graph.combine(function, a, b)
    }
    return try graph.combine(function.rawValue, a, b, integers)
  }
}

/// A constant of the input's shape.
private func lowerFilled(_ number: Float) -> OperationLowering {
  lowerUnary { graph, x, _ throws(ModelError) in try graph.fill(try graph.scalar(number), like: x) }
}

/// The value itself. Keras gives another tensor, which has no mask.
private let lowerIdentity = lowerUnary { _, x, _ in x }

private let otherElementwiseOperations: [String: OperationLowering] = [
  "ZerosLike": lowerFilled(0), "OnesLike": lowerFilled(1), "EmptyLike": lowerFilled(0), "Imag": lowerFilled(0),
  "FullLike": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    return [try graph.fill(try call.value("fill_value", 1, &graph), like: x)]
  },
  "ConvertToTensor": lowerIdentity, "StopGradient": lowerIdentity, "Copy": lowerIdentity, "Array": lowerIdentity,
  "Real": lowerIdentity, "Conj": lowerIdentity, "Conjugate": lowerIdentity,
  "Angle": lowerUnary { graph, x, _ throws(ModelError) in
    try graph.combine(.arctan2, try graph.scalar(0), x)
  },
  "Cast": lowerUnary { graph, x, call throws(ModelError) in
    try graph.cast(x, to: call.constant("dtype", 1)?.string ?? "float32")
  },
  "SaturateCast": lowerUnary { graph, x, call throws(ModelError) in
    try graph.cast(x, to: call.constant("dtype", 1)?.string ?? "float32", saturating: true)
  },
  "Where": { call, graph throws(ModelError) in
    let condition = try call.value("condition", 0, &graph)
    let (a, b) = (try call.value("x1", 1, &graph), try call.value("x2", 2, &graph))
    graph.mixBatchUnlessAligned([condition, a, b])
    return [try graph.select(condition, a, b)]
  },
  "Select": { call, graph throws(ModelError) in
    let conditions = try call.list("condlist", 0, &graph)
    let choices = try call.list("choicelist", 1, &graph)
    guard conditions.count == choices.count else { throw call.failure("choicelist", expected: "as long as `condlist`") }
    var result = call.isGiven("default", 2) ? try call.value("default", 2, &graph) : try graph.scalar(0)
    graph.mixBatchUnlessAligned(conditions + choices + [result])
    for (condition, choice) in zip(conditions, choices).reversed() {
      result = try graph.select(condition, choice, result)
    }
    return [result]
  },
  "Clip": { call, graph throws(ModelError) in
    var x = try call.value("x", 0, &graph)
    for (name, place, function) in [("x_min", 1, BinaryFunction.maximum), ("x_max", 2, .minimum)] {
      guard call.isGiven(name, place) else { continue }
      let bound = try call.value(name, place, &graph)
      graph.mixBatchUnlessAligned([x, bound])
      x =
        try x.dataType == .int32
        ? graph.combine(name, x, bound, function == .maximum ? max : min) : graph.combine(function, x, bound)
    }
    return [x]
  },
  "DivideNoNan": lowerPairs { graph, a, b, _ throws(ModelError) in
    try graph.select(b, try graph.combine(.divide, a, b), try graph.scalar(0))
  },
  "Heaviside": lowerPairs { graph, a, b, _ throws(ModelError) in
    let positive = try graph.combine(.greater, a, try graph.scalar(0))
    return try graph.select(try graph.combine(.equal, a, try graph.scalar(0)), b, positive)
  },
  "Ldexp": lowerPairs { graph, a, b, _ throws(ModelError) in
    try graph.combine(.multiply, a, try graph.apply(.exp2, b))
  },
  "Round": lowerUnary { graph, x, call throws(ModelError) in
    let decimals = try call.ints("decimals", 1)?.first ?? 0
    let scale = (0..<min(abs(decimals), 30)).reduce(Float(1)) { scale, _ in scale * 10 }
    guard decimals != 0 else { return try graph.apply(.round, x) }
    let (enlarging, reducing): (BinaryFunction, BinaryFunction) =
      decimals > 0 ? (.multiply, .divide) : (.divide, .multiply)
    let rounded = try graph.apply(.round, try graph.combine(enlarging, x, try graph.scalar(scale)))
    return try graph.combine(reducing, rounded, try graph.scalar(scale))
  },
]

extension GraphBuilder {
  /// `number` in each element of `x`, in the type of `x`.
  fileprivate mutating func fill(_ number: Value, like x: Value) throws(ModelError) -> Value {
    let typed = try x.dataType == .int32 ? asInteger(number) : asFloat(number)
    let filled = try broadcast(typed, to: x.shape)
    if !isFixed(x) { hasBatch(filled) }
    return filled
  }

  /// `x` in the type that Keras calls `name`. Integers of less than 32 bits wrap around, or stop at their ends.
  fileprivate mutating func cast(_ x: Value, to name: String, saturating: Bool = false) throws(ModelError) -> Value {
    if name == "bool" { return try asTruth(try combine(.notEqual, x, try scalar(0))) }
    guard name.contains("int") else { return try asFloat(x) }
    let whole = try asInteger(x)
    guard let bits = Int(name.drop { !$0.isNumber }), bits < 32 else { return whole }
    let isSigned = name.hasPrefix("int")
    let (low, count) = (isSigned ? -(1 << (bits - 1)) : 0, 1 << bits)
    return try addOne(
      IntegerMap("cast to \(name)") { elements in
        let number = Int(elements[0])
        if saturating { return Int32(min(max(number, low), low + count - 1)) }
        return Int32(((number - low) % count + count) % count + low)
      }, whole)
  }
}
