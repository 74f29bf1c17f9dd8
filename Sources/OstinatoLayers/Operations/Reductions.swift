import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations that reduce axes.
let reducingOperations: [String: OperationLowering] =
  reductionOperations.mapValues { function in
    lowerReduction(initial: function == .maximum ? .maximum : .minimum) { graph, x, axes, keepDims throws(ModelError) in
      try graph.reduce(function, x, axes: axes, keepDims: keepDims)
    }
  }.merging(otherReductions) { $1 }

private let reductionOperations: [String: ReductionFunction] = [
  "Sum": .sum, "Mean": .mean, "Max": .maximum, "Amax": .maximum, "Min": .minimum, "Amin": .minimum,
  "Prod": .product, "Var": .variance,
]

typealias Reducer =
  @Sendable (_ graph: inout GraphBuilder, _ x: Value, _ axes: [Int], _ keepDims: Bool) throws(ModelError) -> Value

/// A reduction of the axes that the call names, all of them without.
/// - Parameter initial: what brings the call's `initial` in, where it has one.
func lowerReduction(initial bound: BinaryFunction = .maximum, _ reduce: @escaping Reducer) -> OperationLowering {
  lowerUnary { graph, x, call throws(ModelError) in
    let axes = try call.axes("axis", 1, of: x.shape)
    graph.mixBatch(along: axes, of: x)
    let reduced = try reduce(&graph, x, axes, call.bool("keepdims", 2, default: false))
    guard let initial = call.constant("initial", 3)?.double else { return reduced }
    return try graph.combine(bound, reduced, try graph.scalar(Float(initial)))
  }
}

private let otherReductions: [String: OperationLowering] = [
  "Any": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.asTruth(try graph.reduce(.any, x, axes: axes, keepDims: keepDims))
  },
  "All": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.asTruth(try graph.reduce(.all, x, axes: axes, keepDims: keepDims))
  },
  "Std": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.apply(.squareRoot, try graph.reduce(.variance, x, axes: axes, keepDims: keepDims))
  },
  "CountNonzero": lowerReduction { graph, x, axes, _ throws(ModelError) in
    let present = try graph.combine(.notEqual, x, try graph.scalar(0))
    return try graph.asInteger(try graph.reduce(.sum, present, axes: axes))
  },
  "Logsumexp": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    let peak = try graph.reduce(.maximum, try graph.asFloat(x), axes: axes, keepDims: true)
    let powers = try graph.apply(.exponential, try graph.combine(.subtract, x, peak))
    let sum = try graph.reduce(.sum, powers, axes: axes, keepDims: true)
    let result = try graph.combine(.add, try graph.apply(.logarithm, sum), peak)
    return keepDims ? result : try graph.squeeze(result, axes)
  },
  "Ptp": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    let high = try graph.reduce(.maximum, x, axes: axes, keepDims: keepDims)
    return try graph.combine(.subtract, high, try graph.reduce(.minimum, x, axes: axes, keepDims: keepDims))
  },
  "Moments": lowerMoments,
  "Average": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axes = try call.axes("axis", 2, of: x.shape)
    graph.mixBatch(along: axes, of: x)
    guard call.isGiven("weights", 1) else { return [try graph.reduce(.mean, x, axes: axes)] }
    let weights = try call.value("weights", 1, &graph)
    graph.mixBatchUnlessAligned([x, weights])
    return [try graph.average(x, weights, axes: axes)]
  },
  "Norm": lowerUnary { graph, x, call throws(ModelError) in
    let axes = try call.axes("axis", 2, of: x.shape)
    graph.mixBatch(along: axes, of: x)
    return try graph.norm(x, axes: axes, keepDims: call.bool("keepdims", 3, default: false), call)
  },
  "Trapezoid": lowerUnary("y") { graph, y, call throws(ModelError) in
    guard !call.isGiven("x", 1) else { throw call.failure("x", expected: "absent") }
    let axis = try y.shape.axis(try call.ints("axis", 3)?.first ?? -1)
    graph.mixBatch(along: [axis], of: y)
    let count = max(y.shape[axis] - 1, 0)
    let left = try graph.slice(y, axis: axis, start: 0, count: count)
    let right = try graph.slice(y, axis: axis, start: min(1, count), count: count)
    let heights = try graph.reduce(.sum, try graph.combine(.add, left, right), axes: [axis])
    return try graph.apply(.affine(scale: Float(0.5 * (call.constant("dx", 2)?.double ?? 1)), offset: 0), heights)
  },
]

/// Mean and variance.
private let lowerMoments: OperationLowering = { call, graph throws(ModelError) in
  let x = try call.value("x", 0, &graph)
  let axes = try call.axes("axes", 1, of: x.shape)
  let keepDims = call.bool("keepdims", 2, default: false)
  graph.mixBatch(along: axes, of: x)
  return [
    try graph.reduce(.mean, x, axes: axes, keepDims: keepDims),
    try graph.reduce(.variance, x, axes: axes, keepDims: keepDims),
  ]
}

extension GraphBuilder {
  /// The mean of `x` over `axes` by weights of its shape, or one for each place along the only axis.
  fileprivate mutating func average(_ x: Value, _ weights: Value, axes: [Int]) throws(ModelError) -> Value {
    guard weights.shape.rank < x.shape.rank else {
      let sum = try reduce(.sum, try combine(.multiply, x, weights), axes: axes)
      return try combine(.divide, sum, try reduce(.sum, weights, axes: axes))
    }
    let tail = [Int](repeating: 1, count: x.shape.rank - 1 - (axes.first ?? 0))
    let shares = try combine(.divide, weights, try reduce(.sum, weights, axes: Array(weights.shape.indices)))
    let spread = try reshape(shares, to: Shape(shares.shape + tail))
    return try reduce(.sum, try combine(.multiply, x, spread), axes: axes)
  }

  /// The norm that the call's `ord` names: of vectors for one axis, of the elements in a row without `ord`, of matrices
  /// those that need no decomposition.
  fileprivate mutating func norm(
    _ x: Value, axes: [Int], keepDims: Bool, _ call: OperationCall
  ) throws(ModelError) -> Value {
    let order = call.constant("ord", 1)
    let magnitudes = try apply(.absolute, x)
    func isAny(_ numbers: [Double], _ text: String = "") -> Bool {
      order.map { order in order.double.map(numbers.contains) ?? (order.string == text) } ?? numbers.contains(2)
    }
    if order == nil || isAny([2]) && axes.count == 1 || order?.string == "fro" {
      let squares = try reduce(.sum, try apply(.square, x), axes: axes, keepDims: keepDims)
      return try apply(.squareRoot, squares)
    }
    if axes.count == 2, isAny([1, -1, .infinity, -.infinity], "inf") {
      let isColumns = isAny([1, -1])
      let sums = try reduce(.sum, magnitudes, axes: [axes[isColumns ? 0 : 1]], keepDims: true)
      let extremum = try reduce(isAny([1, .infinity], "inf") ? .maximum : .minimum, sums, axes: axes, keepDims: true)
      return keepDims ? extremum : try squeeze(extremum, axes)
    }
    guard axes.count == 1 else { throw call.failure("ord", expected: "None, 'fro', 1, -1, inf or -inf over two axes") }
    if isAny([.infinity], "inf") { return try reduce(.maximum, magnitudes, axes: axes, keepDims: keepDims) }
    if isAny([-.infinity], "-inf") { return try reduce(.minimum, magnitudes, axes: axes, keepDims: keepDims) }
    if isAny([0]) {
      return try reduce(.sum, try combine(.notEqual, x, try scalar(0)), axes: axes, keepDims: keepDims)
    }
    guard let power = order?.double else { throw call.failure("ord", expected: "a number") }
    let powers = try combine(.power, magnitudes, try scalar(Float(power)))
    let sum = try reduce(.sum, powers, axes: axes, keepDims: keepDims)
    return try combine(.power, sum, try scalar(Float(1 / power)))
  }

  /// `x` without `axes`, which have extent 1.
  mutating func squeeze(_ x: Value, _ axes: [Int]) throws(ModelError) -> Value {
    try reshape(x, to: Shape(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }))
  }
}
