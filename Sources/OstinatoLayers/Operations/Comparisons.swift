import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Questions about elements and about pairs of them. The answers are truth values.
let comparingOperations: [String: OperationLowering] =
  comparisons.mapValues(lowerComparison)
  .merging(
    tests.mapValues { function in
      lowerUnary { graph, x, _ throws(ModelError) in try graph.asTruth(try graph.apply(function, x)) }
    }
  ) { $1 }
  .merging(otherComparisons) { $1 }

private let comparisons: [String: BinaryFunction] = [
  "Equal": .equal, "NotEqual": .notEqual, "Less": .less, "LessEqual": .lessOrEqual, "Greater": .greater,
  "GreaterEqual": .greaterOrEqual, "LogicalAnd": .logicalAnd, "LogicalOr": .logicalOr, "LogicalXor": .logicalXor,
]

private let tests: [String: UnaryFunction] = [
  "LogicalNot": .logicalNot, "Isnan": .isNaN, "Isfinite": .isFinite, "Isinf": .isInfinite, "Signbit": .signBit,
]

private func lowerComparison(_ function: BinaryFunction) -> OperationLowering {
  lowerPairs { graph, a, b, _ throws(ModelError) in
    let areWhole = [a, b].allSatisfy { $0.dataType == .int32 && !graph.isTruth($0) }
    if areWhole, let integers = integerFunctions[function] {
      return try graph.combine(function.rawValue, a, b, integers)
    }
    return try graph.asTruth(try graph.combine(function, a, b))
  }
}

/// Whether elements are infinite, on the side of 0 that `side` asks for.
private func lowerInfinite(_ side: BinaryFunction) -> OperationLowering {
  lowerUnary { graph, x, _ throws(ModelError) in
    let isThere = try graph.combine(side, x, try graph.scalar(0))
    return try graph.asTruth(try graph.combine(.logicalAnd, try graph.apply(.isInfinite, x), isThere))
  }
}

private let otherComparisons: [String: OperationLowering] = [
  "Isposinf": lowerInfinite(.greater), "Isneginf": lowerInfinite(.less),
  "Isreal": lowerUnary { graph, x, _ throws(ModelError) in
    try graph.asTruth(try graph.combine(.logicalOr, x, try graph.scalar(1)))
  },
  "Isclose": lowerPairs { graph, a, b, call throws(ModelError) in
    let (relative, absolute) = (call.constant("rtol", 2)?.double ?? 1e-5, call.constant("atol", 3)?.double ?? 1e-8)
    let distance = try graph.apply(.absolute, try graph.combine(.subtract, a, b))
    let allowed = try graph.apply(
      .affine(scale: Float(relative), offset: Float(absolute)), try graph.apply(.absolute, b))
    var answer = try graph.combine(.lessOrEqual, distance, allowed)
    if call.bool("equal_nan", 4, default: false) {
      let both = try graph.combine(.logicalAnd, try graph.apply(.isNaN, a), try graph.apply(.isNaN, b))
      answer = try graph.combine(.logicalOr, answer, both)
    }
    return try graph.asTruth(answer)
  },
  "IsIn": { call, graph throws(ModelError) in
    let (x, members) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    graph.mixBatch(along: [0], of: members)
    let column = try graph.reshape(x, to: Shape(x.shape + [1]))
    let row = try graph.reshape(members, to: [members.shape.elementCount])
    let found = try graph.reduce(.any, try graph.combine(.equal, column, row), axes: [x.shape.rank])
    return [try graph.asTruth(call.bool("invert", 3, default: false) ? try graph.apply(.logicalNot, found) : found)]
  },
]
