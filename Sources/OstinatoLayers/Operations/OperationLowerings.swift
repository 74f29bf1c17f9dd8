import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// The operations that functional models may hold, by the class name that Keras records.
package let operationLowerings: [String: OperationLowering] =
  unaryOperations.mapValues(lowerUnary)
  .merging(binaryOperations.mapValues(lowerBinary)) { $1 }
  .merging(reductionOperations.mapValues(lowerReduction)) { $1 }
  .merging(shapeOperations) { $1 }

// MARK: - Elementwise

private let unaryOperations: [String: UnaryFunction] = [
  "Abs": .absolute, "Absolute": .absolute, "Negative": .negate, "Square": .square, "Sqrt": .squareRoot,
  "Rsqrt": .reciprocalSquareRoot, "Exp": .exponential, "Log": .logarithm, "Log1p": .log1p, "Expm1": .expm1,
  "Sin": .sine, "Cos": .cosine, "Tanh": .tanh, "Sigmoid": .sigmoid, "Relu": .relu(), "Relu6": .relu6, "Silu": .silu,
  "Softplus": .softplus, "Softsign": .softsign, "Erf": .erf, "Floor": .floor, "Ceil": .ceil, "Round": .round,
  "Sign": .sign, "Reciprocal": .reciprocal, "LogicalNot": .logicalNot, "Isnan": .isNaN,
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
    [try graph.combine(function, try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))]
  }
}

// MARK: - Reductions

private let reductionOperations: [String: ReductionFunction] = [
  "Sum": .sum, "Mean": .mean, "Max": .maximum, "Min": .minimum, "Prod": .product, "Var": .variance, "Any": .any,
  "All": .all,
]

private func lowerReduction(_ function: ReductionFunction) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axes = try call.axes("axis", 1, of: x.shape)
    if axes.contains(0) { graph.mixBatch() }
    return [try graph.reduce(function, x, axes: axes, keepDims: call.bool("keepdims", 2, default: false))]
  }
}

// MARK: - Shape

private let shapeOperations: [String: OperationLowering] = [
  "GetItem": { call, graph throws(ModelError) in
    guard let key = call.constant("key", 1) else { throw call.failure("key", expected: "constant indices") }
    return [try graph.item(key, of: try call.value("x", 0, &graph))]
  },
  "Concatenate": { call, graph throws(ModelError) in
    let values = try call.values("xs", 0)
    let axis = try values[0].shape.axis(try call.ints("axis", 1)?.first ?? -1)
    if axis == 0 { graph.mixBatch() }
    return [try graph.concatenate(values, axis: axis)]
  },
  "ExpandDims": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    var dimensions = x.shape.dimensions
    for axis in (try call.ints("axis", 1) ?? [0]).map({ $0 < 0 ? $0 + dimensions.count + 1 : $0 }).sorted() {
      guard (0...dimensions.count).contains(axis) else { throw call.failure("axis", expected: "an axis of the result") }
      dimensions.insert(1, at: axis)
    }
    return [try graph.reshape(x, to: Shape(dimensions))]
  },
  "Squeeze": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let given = try call.ints("axis", 1) == nil ? nil : try call.axes("axis", 1, of: x.shape)
    let axes = given ?? x.shape.indices.filter { x.shape[$0] == 1 }
    return [try graph.reshape(x, to: Shape(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }))]
  },
  "Transpose": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let order = try call.ints("axes", 1) ?? x.shape.indices.reversed()
    if order.first != 0 { graph.mixBatch() }
    return [try graph.transpose(x, order)]
  },
  "Reshape": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard let target = try call.ints("newshape", 1), target.filter({ $0 == -1 }).count <= 1 else {
      throw call.failure("newshape", expected: "extents, of which one may be -1")
    }
    let known = target.filter { $0 != -1 }.reduce(1, *)
    let shape = try Shape(validating: target.map { $0 == -1 ? x.shape.elementCount / max(known, 1) : $0 })
    if shape.first != x.shape.first { graph.mixBatch() }
    return [try graph.reshape(x, to: shape)]
  },
  "Softmax": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    return [try graph.apply(.softmax, x, axis: try x.shape.axis(try call.ints("axis", 1)?.first ?? -1))]
  },
]
