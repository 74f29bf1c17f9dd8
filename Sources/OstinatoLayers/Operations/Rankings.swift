import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What works along one axis, or along all elements in a row where the axis is absent.
func lowerAlongAxis(
  _ name: String = "x", default fallback: Int?,
  _ body: @escaping @Sendable (inout GraphBuilder, Value, Int, OperationCall) throws(ModelError) -> Value
) -> OperationLowering {
  lowerUnary(name) { graph, x, call throws(ModelError) in
    guard let axis = try call.isGiven("axis", 1) ? call.ints("axis", 1)?.first : call.isNone("axis") ? nil : fallback
    else {
      graph.mixBatch(along: [0], of: x)
      return try body(&graph, try graph.reshape(x, to: [x.shape.elementCount]), 0, call)
    }
    let place = try x.shape.axis(axis)
    graph.mixBatch(along: [place], of: x)
    return try body(&graph, x, place, call)
  }
}

/// - Parameter nan: what stands for a NaN, where there is no such number it wins.
func lowerArgReduction(_ function: Extremum, nan: Float? = nil) -> OperationLowering {
  lowerUnary { graph, x, call throws(ModelError) in
    let given = try call.ints("axis", 1)?.first
    let axis = try given.map { axis throws(ModelError) in try x.shape.axis(axis) }
    graph.mixBatch(along: [axis ?? 0], of: x)
    let numbers = try nan.map { nan throws(ModelError) in try graph.replaceNaNs(in: x, by: nan) } ?? x
    let line = try axis == nil ? graph.reshape(numbers, to: [x.shape.elementCount]) : numbers
    let places = try graph.argReduce(function, line, axis: axis ?? 0)
    guard call.bool("keepdims", 2, default: false) else { return places }
    return try graph.reshape(
      places, to: Shape(x.shape.indices.map { axis == nil || axis == $0 ? 1 : x.shape[$0] }))
  }
}

/// Operations that run along an axis, or put its elements in order.
let rankingOperations: [String: OperationLowering] = [
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
    let axis = try x.shape.axis(-1)
    graph.mixBatch(along: [axis], of: x)
    let ranked = try graph.rank(x, axis: axis, count: k, descending: true)
    return [ranked.values, ranked.indices]
  },
  "InTopK": { call, graph throws(ModelError) in
    let targets = try call.value("targets", 0, &graph)
    let scores = try call.value("predictions", 1, &graph)
    guard let k = try call.ints("k", 2)?.first, scores.shape.rank == 2, targets.shape.rank == 1 else {
      throw call.failure("predictions", expected: "scores for each target, with a whole number `k`")
    }
    let places = try graph.reshape(targets, to: Shape(targets.shape + [1]))
    let score = try graph.takeAlong(scores, places: places, axis: 1)
    let better = try graph.reduce(.sum, try graph.combine(.greater, scores, score), axes: [1])
    return [try graph.asTruth(try graph.combine(.less, better, try graph.scalar(Float(k))))]
  },
  "Diff": lowerUnary("a") { graph, a, call throws(ModelError) in
    let axis = try a.shape.axis(try call.ints("axis", 2)?.first ?? -1)
    let order = try call.ints("n", 1)?.first ?? 1
    guard order >= 0 else { throw call.failure("n", expected: "not negative") }
    graph.mixBatch(along: [axis], of: a)
    var x = a
    for _ in 0..<min(order, x.shape[axis]) {
      let count = max(x.shape[axis] - 1, 0)
      let later = try graph.slice(x, axis: axis, start: min(1, count), count: count)
      let earlier = try graph.slice(x, axis: axis, start: 0, count: count)
      x =
        try graph.isTruth(a)
        ? graph.asTruth(try graph.combine(.notEqual, later, earlier)) : graph.combine(.subtract, later, earlier)
    }
    return x
  },
  "SearchSorted": lowerBins("sorted_sequence", "values"), "Digitize": lowerBins("bins", "x"),
]

/// How many of the ascending numbers `edges` lie at or below each element; only below, for the left side.
private func lowerBins(_ edges: String, _ values: String) -> OperationLowering {
  let isDigitize = edges == "bins"
  return { call, graph throws(ModelError) in
    let x = try call.value(values, isDigitize ? 0 : 1, &graph)
    let bins = try call.value(edges, isDigitize ? 1 : 0, &graph)
    graph.mixBatch(along: [0], of: bins)
    let column = try graph.reshape(x, to: Shape(x.shape + [1]))
    let isRight = isDigitize || call.constant("side", 2)?.string == "right"
    let passed = try graph.combine(isRight ? .lessOrEqual : .less, bins, column)
    return [try graph.asInteger(try graph.reduce(.sum, passed, axes: [x.shape.rank]))]
  }
}
