import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Quantiles, with NaNs that make the answer NaN or are left out.
let quantileOperations: [String: OperationLowering] = [
  "Median": lowerQuantile { _ in [0.5] }, "Nanmedian": lowerQuantile(skipsNaNs: true) { _ in [0.5] },
  // Keras drops the method of a symbolic quantile, and of this one alone.
  "Quantile": lowerQuantile(onlyLinear: true, levels), "Nanquantile": lowerQuantile(skipsNaNs: true, levels),
  "Percentile": lowerQuantile(shares), "Nanpercentile": lowerQuantile(skipsNaNs: true, shares),
]

@Sendable private func levels(_ call: OperationCall) -> [Double]? { call.numbers("q", 1) }
@Sendable private func shares(_ call: OperationCall) -> [Double]? { call.numbers("q", 1)?.map { $0 / 100 } }

/// Quantiles over axes, joined in one; several quantiles come in front.
private func lowerQuantile(
  skipsNaNs: Bool = false, onlyLinear: Bool = false, _ levels: @escaping @Sendable (OperationCall) -> [Double]?
) -> OperationLowering {
  lowerUnary { graph, x, call throws(ModelError) in
    guard let levels = levels(call), levels.allSatisfy({ (0...1).contains($0) }) else {
      throw call.failure("q", expected: "constants from 0 to 1, or to 100 for percentiles")
    }
    let method = onlyLinear ? "linear" : call.constant("method", 3)?.string ?? "linear"
    guard let method = QuantileMethod(rawValue: method) else {
      throw call.failure("method", expected: "a known method")
    }
    let axes = try call.axes("axis", 2, of: x.shape)
    let isList = call.isList("q", 1)
    graph.mixBatch(along: isList ? [0] : axes, of: x)
    let sorted = try graph.sortedRows(try graph.asFloat(x), axes)
    let keepDims = call.bool("keepdims", 4, default: false)
    let shape = x.shape.indices.compactMap { axes.contains($0) ? (keepDims ? 1 : nil) : x.shape[$0] }
    var parts: [Value] = []
    for level in levels {
      let part = try graph.quantile(sorted, level, method, skipsNaNs: skipsNaNs)
      parts.append(try graph.reshape(part, to: Shape((isList ? [1] : []) + shape)))
    }
    return isList ? try graph.concatenate(parts, axis: 0) : parts[0]
  }
}

/// What a quantile between two elements is.
private enum QuantileMethod: String {
  case linear, lower, higher, nearest, midpoint
}

extension GraphBuilder {
  /// `axes` joined as the last one, in rising order, NaNs last.
  fileprivate mutating func sortedRows(_ x: Value, _ axes: [Int]) throws(ModelError) -> Value {
    let others = x.shape.indices.filter { !axes.contains($0) }
    let count = axes.reduce(1) { $0 * x.shape[$1] }
    guard count > 0 else { throw ModelError(.shapeMismatch, "", "expected elements. Received: \(x.shape)") }
    let rows = try reshape(try transpose(x, others + axes.sorted()), to: Shape(others.map { x.shape[$0] } + [count]))
    return try rank(rows, axis: others.count, descending: false).values
  }

  /// The quantile of each row.
  fileprivate mutating func quantile(
    _ rows: Value, _ level: Double, _ method: QuantileMethod, skipsNaNs: Bool
  ) throws(ModelError) -> Value {
    let (axis, count) = (rows.shape.rank - 1, rows.shape.last ?? 1)
    let isNaN = try apply(.isNaN, rows)
    if skipsNaNs {
      let missing = try reduce(.sum, isNaN, axes: [axis], keepDims: true)
      let last = try apply(.affine(scale: -1, offset: Float(count - 1)), missing)
      let place = try apply(.affine(scale: Float(level), offset: 0), last)
      let share = try combine(.subtract, place, try apply(.floor, place))
      return try between(method, share) { graph, rounding throws(ModelError) in
        try graph.takeAlong(rows, places: try graph.asInteger(try graph.apply(rounding.function, place)), axis: axis)
      }
    }
    let place = level * Double(count - 1)
    let share = try scalar(Float(place - place.rounded(.down)))
    let value = try between(method, share) { graph, rounding throws(ModelError) in
      try graph.slice(rows, axis: axis, start: Int(place.rounded(rounding.rule)), count: 1)
    }
    return try select(try reduce(.any, isNaN, axes: [axis], keepDims: true), try scalar(.nan), value)
  }

  /// What lies `share` of the way between two elements.
  private mutating func between(
    _ method: QuantileMethod, _ share: Value, element: (inout GraphBuilder, Rounding) throws(ModelError) -> Value
  ) throws(ModelError) -> Value {
    switch method {
    case .lower: return try element(&self, .down)
    case .higher: return try element(&self, .up)
    case .nearest: return try element(&self, .nearest)
    case .midpoint:
      let sum = try combine(.add, try element(&self, .down), try element(&self, .up))
      return try apply(.affine(scale: 0.5, offset: 0), sum)
    case .linear:
      let (below, above) = (try element(&self, .down), try element(&self, .up))
      let rest = try apply(.affine(scale: -1, offset: 1), share)
      return try combine(.add, try combine(.multiply, below, rest), try combine(.multiply, above, share))
    }
  }
}

private enum Rounding {
  case down, up, nearest

  var function: UnaryFunction {
    switch self {
    case .down: .floor
    case .up: .ceil
    case .nearest: .round
    }
  }

  var rule: FloatingPointRoundingRule {
    switch self {
    case .down: .down
    case .up: .up
    case .nearest: .toNearestOrEven
    }
  }
}
