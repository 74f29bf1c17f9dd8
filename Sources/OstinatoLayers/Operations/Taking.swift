import OstinatoGraph
import OstinatoTensors

/// Operations that pick elements by number, or turn numbers to rows.
let takingOperations: [String: OperationLowering] = [
  "Take": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let indices = try graph.asInteger(try call.value("indices", 1, &graph))
    guard call.isGiven("axis", 2) else {
      graph.mixBatch(along: [0], of: x)
      return [try graph.take(try graph.reshape(x, to: [x.shape.elementCount]), indices, axis: 0)]
    }
    let axis = try call.axis("axis", 2, of: x.shape)
    graph.mixBatch(along: graph.isFixed(indices) ? [axis] : [0], of: x)
    return [try graph.take(x, indices, axis: axis)]
  },
  "TakeAlongAxis": { call, graph throws(ModelError) in
    let (x, indices) = (try call.value("x", 0, &graph), try call.value("indices", 1, &graph))
    guard call.isGiven("axis", 2) else {
      graph.mixBatch(along: [0], of: x)
      let places = try graph.reshape(indices, to: [indices.shape.elementCount])
      return [try graph.takeAlong(try graph.reshape(x, to: [x.shape.elementCount]), places: places, axis: 0)]
    }
    let axis = try call.axis("axis", 2, of: x.shape)
    guard x.shape.rank == indices.shape.rank else { throw call.failure("indices", expected: "as many axes as `x`") }
    graph.mixBatch(along: [axis], of: x)
    graph.mixBatchUnlessAligned([x, indices])
    return [try graph.takeAlong(x, places: indices, axis: axis)]
  },
  "OneHot": lowerUnary { graph, x, call throws(ModelError) in
    let hot = try graph.hot(x, call)
    let axis = try hot.shape.axis(try call.ints("axis", 2)?.first ?? -1)
    graph.mixBatch(along: [axis], of: x)
    return try graph.moveFromEnd(hot, to: axis)
  },
  "MultiHot": lowerUnary("inputs") { graph, x, call throws(ModelError) in
    let axis = try call.ints("axis", 2)?.first ?? -1
    guard axis == -1 || axis == x.shape.rank else { throw call.failure("axis", expected: "-1") }
    let reduced = x.shape.rank > 1 ? 1 : 0
    graph.mixBatch(along: [reduced], of: x)
    return try graph.reduce(.maximum, try graph.hot(x, call), axes: [reduced])
  },
]

extension GraphBuilder {
  /// A row of `num_classes` for each element of `x`: 1 at its number, else 0.
  fileprivate mutating func hot(_ x: Value, _ call: OperationCall) throws(ModelError) -> Value {
    guard let count = try call.ints("num_classes", 1)?.first, (1...1 << 24).contains(count) else {
      throw call.failure("num_classes", expected: "a positive integer")
    }
    return try combine(.equal, try reshape(x, to: Shape(x.shape + [1])), try range(count))
  }

  /// Slices along `axis` by number; a negative number counts from the end.
  mutating func take(_ x: Value, _ indices: Value, axis: Int) throws(ModelError) -> Value {
    let order = [axis] + x.shape.indices.filter { $0 != axis }
    let front = try transpose(x, order)
    let table = try reshape(front, to: [x.shape[axis], front.shape.dropFirst().reduce(1, *)])
    let extent = Int32(clamping: x.shape[axis])
    let wrapped = try addOne(IntegerMap("wrap") { $0[0] < 0 ? $0[0] &+ extent : $0[0] }, indices)
    let rows = try gather(table, indices: wrapped)
    let taken = try reshape(rows, to: Shape(indices.shape + Array(front.shape.dropFirst())))
    let places = Array(0..<indices.shape.rank)
    let rest = Array(indices.shape.rank..<taken.shape.rank)
    return try transpose(taken, Array(rest.prefix(axis)) + places + rest.dropFirst(axis))
  }
}
