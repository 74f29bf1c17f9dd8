import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations that make values of a few numbers.
let fillingOperations: [String: OperationLowering] = [
  "Full": lowerUnary("fill_value") { graph, number, call throws(ModelError) in
    guard let shape = try call.ints("shape", 1) else { throw call.failure("shape", expected: "extents") }
    graph.mixBatch(along: [0], of: number)
    return try graph.broadcast(number, to: try Shape(validating: shape))
  },
  "Linspace": lowerSpread { _, _, spread in spread },
  "Logspace": lowerSpread { graph, call, spread throws(ModelError) in
    try graph.combine(.power, try graph.scalar(Float(call.constant("base", 9)?.double ?? 10)), spread)
  },
  "Meshgrid": { call, graph throws(ModelError) in
    let vectors = call.inputs
    guard vectors.allSatisfy({ $0.shape.rank == 1 }) else { throw call.failure("x", expected: "vectors") }
    if !vectors.allSatisfy(graph.isFixed) { graph.mixBatch() }
    let isSwapped = call.constant("indexing", 9)?.string != "ij" && vectors.count > 1
    let places = vectors.indices.map { isSwapped && $0 < 2 ? 1 - $0 : $0 }
    var extents = [Int](repeating: 1, count: vectors.count)
    for (vector, place) in zip(vectors, places) { extents[place] = vector.shape[0] }
    var grids: [Value] = []
    for (vector, place) in zip(vectors, places) {
      let shape = extents.indices.map { $0 == place ? vector.shape[0] : 1 }
      grids.append(try graph.broadcast(try graph.reshape(vector, to: Shape(shape)), to: try Shape(validating: extents)))
    }
    return grids
  },
  "Vander": lowerUnary { graph, x, call throws(ModelError) in
    guard x.shape.rank == 1 else { throw call.failure("x", expected: "a vector") }
    graph.mixBatch(along: call.isGiven("N", 9) ? [] : [0], of: x)
    let count = try call.firstInt("N") ?? x.shape[0]
    guard (0...1 << 16).contains(count) else {
      throw call.failure("N", expected: "a count of columns")
    }
    let rising = (0..<count).map(Float.init)
    let isRising = call.bool("increasing", 9, default: false)
    let powers = try graph.constant("powers \(count) \(isRising)") { () throws(ModelError) in
      Tensor(isRising ? rising : rising.reversed())
    }
    return try graph.combine(.power, try graph.reshape(x, to: Shape(x.shape + [1])), powers)
  },
]

/// Numbers at equal distances from `start` to `stop`, along a new axis.
private func lowerSpread(
  _ body: @escaping @Sendable (inout GraphBuilder, OperationCall, Value) throws(ModelError) -> Value
) -> OperationLowering {
  lowerPairs(("start", "stop")) { graph, start, stop, call throws(ModelError) in
    let (count, axis) = (try call.ints("num", 9)?.first ?? 50, try call.ints("axis", 9)?.first ?? 0)
    guard (1...1 << 24).contains(count), !call.bool("retstep", 9, default: false) else {
      throw call.failure("num", expected: "a positive count, without `retstep`")
    }
    let intervals = call.bool("endpoint", 9, default: true) ? max(count - 1, 1) : count
    let shares = try graph.constant("shares \(count) \(intervals)") { () throws(ModelError) in
      Tensor((0..<count).map { Float($0) / Float(intervals) })
    }
    let distance = try graph.combine(.subtract, stop, start)
    let columns = try graph.reshape(distance, to: Shape(distance.shape + [1]))
    let first = try graph.reshape(start, to: Shape(start.shape + [1]))
    let spread = try graph.combine(.add, first, try graph.combine(.multiply, columns, shares))
    let place = axis < 0 ? axis + spread.shape.rank : axis
    guard spread.shape.indices.contains(place) else { throw call.failure("axis", expected: "an axis of the result") }
    graph.mixBatch(along: [place], of: distance)
    return try body(&graph, call, try graph.moveFromEnd(spread, to: place))
  }
}
