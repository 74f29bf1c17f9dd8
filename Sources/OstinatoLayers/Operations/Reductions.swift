import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations that reduce axes, run along one, or put its elements in order.
let reducingOperations: [String: OperationLowering] =
  reductionOperations.mapValues { function in
    lowerReduction { graph, x, axes, keepDims throws(ModelError) in
      try graph.reduce(function, x, axes: axes, keepDims: keepDims)
    }
  }.merging(otherReductions) { $1 }.merging(rankingOperations) { $1 }

private let reductionOperations: [String: ReductionFunction] = [
  "Sum": .sum, "Mean": .mean, "Max": .maximum, "Amax": .maximum, "Min": .minimum, "Amin": .minimum,
  "Prod": .product, "Var": .variance, "Any": .any, "All": .all,
]

private typealias Reducer =
  @Sendable (_ graph: inout GraphBuilder, _ x: Value, _ axes: [Int], _ keepDims: Bool) throws(ModelError) -> Value

private func lowerReduction(_ reduce: @escaping Reducer) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axes = try call.axes("axis", 1, of: x.shape)
    if axes.contains(0) { graph.mixBatch() }
    return [try reduce(&graph, x, axes, call.bool("keepdims", 2, default: false))]
  }
}

private let otherReductions: [String: OperationLowering] = [
  "Std": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.apply(.squareRoot, try graph.reduce(.variance, x, axes: axes, keepDims: keepDims))
  },
  "CountNonzero": lowerReduction { graph, x, axes, _ throws(ModelError) in
    let present = try graph.combine(.notEqual, x, try graph.scalar(0))
    return try graph.asInteger(try graph.reduce(.sum, present, axes: axes))
  },
  "Logsumexp": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    let peak = try graph.reduce(.maximum, x, axes: axes, keepDims: true)
    let powers = try graph.apply(.exponential, try graph.combine(.subtract, x, peak))
    let sum = try graph.reduce(.sum, powers, axes: axes, keepDims: true)
    let result = try graph.combine(.add, try graph.apply(.logarithm, sum), peak)
    return keepDims ? result : try graph.squeeze(result, axes)
  },
  "Ptp": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    let high = try graph.reduce(.maximum, x, axes: axes, keepDims: keepDims)
    return try graph.combine(.subtract, high, try graph.reduce(.minimum, x, axes: axes, keepDims: keepDims))
  },
]

/// What works along one axis, or along all elements in a row where the axis is absent.
private func lowerAlongAxis(
  default fallback: Int?,
  _ body: @escaping @Sendable (inout GraphBuilder, Value, Int, OperationCall) throws(ModelError) -> Value
) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard let axis = call.isGiven("axis", 1) ? try call.ints("axis", 1)?.first : fallback else {
      graph.mixBatch()
      return [try body(&graph, try graph.reshape(x, to: [x.shape.elementCount]), 0, call)]
    }
    let place = try x.shape.axis(axis)
    if place == 0 { graph.mixBatch() }
    return [try body(&graph, x, place, call)]
  }
}

private func lowerArgReduction(_ function: Extremum) -> OperationLowering {
  lowerAlongAxis(default: nil) { graph, x, axis, call throws(ModelError) in
    let places = try graph.argReduce(function, x, axis: axis)
    guard call.bool("keepdims", 2, default: false) else { return places }
    var shape = places.shape.dimensions
    shape.insert(1, at: axis)
    return try graph.reshape(places, to: Shape(shape))
  }
}

private let rankingOperations: [String: OperationLowering] = [
  "Norm": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard !call.isGiven("ord", 1) || call.constant("ord", 1)?.int == 2 && call.isGiven("axis", 2) else {
      throw call.failure("ord", expected: "None, or 2 over given axes")
    }
    let axes = try call.axes("axis", 2, of: x.shape)
    if axes.contains(0) { graph.mixBatch() }
    let keepDims = call.bool("keepdims", 3, default: false)
    let squares = try graph.reduce(.sum, try graph.apply(.square, x), axes: axes, keepDims: keepDims)
    return [try graph.apply(.squareRoot, squares)]
  },
  "Argmax": lowerArgReduction(.argmax), "Argmin": lowerArgReduction(.argmin),
  "Cumsum": lowerAlongAxis(default: nil) { graph, x, axis, _ throws(ModelError) in
    try graph.cumulate(.sum, x, axis: axis)
  },
  "Cumprod": lowerAlongAxis(default: nil) { graph, x, axis, _ throws(ModelError) in
    try graph.cumulate(.product, x, axis: axis)
  },
  "Sort": lowerAlongAxis(default: -1) { graph, x, axis, _ throws(ModelError) in
    try graph.rank(x, axis: axis, descending: false).values
  },
  "Argsort": lowerAlongAxis(default: -1) { graph, x, axis, _ throws(ModelError) in
    try graph.rank(x, axis: axis, descending: false).indices
  },
  "TopK": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard let k = try call.ints("k", 1)?.first, k >= 0 else { throw call.failure("k", expected: "a whole number") }
    if x.shape.rank < 2 { graph.mixBatch() }
    let ranked = try graph.rank(x, axis: try x.shape.axis(-1), count: k, descending: true)
    return [ranked.values, ranked.indices]
  },
]

extension GraphBuilder {
  /// `x` without `axes`, which have extent 1.
  mutating func squeeze(_ x: Value, _ axes: [Int]) throws(ModelError) -> Value {
    try reshape(x, to: Shape(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }))
  }
}
