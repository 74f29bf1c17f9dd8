import OstinatoGraph
import OstinatoTensors

/// Operations that move elements without changing them.
let shapingOperations: [String: OperationLowering] = [
  "ExpandDims": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let given = try call.ints("axis", 1) ?? [0]
    var dimensions = x.shape.dimensions
    for axis in given.map({ $0 < 0 ? $0 + dimensions.count + given.count : $0 }).sorted() {
      guard (0...dimensions.count).contains(axis) else { throw call.failure("axis", expected: "an axis of the result") }
      graph.mixBatch(along: [axis], of: x)
      dimensions.insert(1, at: axis)
    }
    return [try graph.reshape(x, to: Shape(dimensions))]
  },
  "Squeeze": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let given = try call.ints("axis", 1) == nil ? nil : try call.axes("axis", 1, of: x.shape)
    // Without axes the batch goes too where it is 1: all that is known of it here.
    let axes = given ?? x.shape.indices.filter { $0 > 0 && x.shape[$0] == 1 }
    graph.mixBatch(along: axes, of: x)
    return [try graph.squeeze(x, axes)]
  },
  "Transpose": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let order = try (call.ints("axes", 1) ?? x.shape.indices.reversed()).map { $0 < 0 ? $0 + x.shape.rank : $0 }
    graph.mixBatch(along: order.first == 0 ? [] : [0], of: x)
    return [try graph.transpose(x, order)]
  },
  "Swapaxes": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axes = [try call.axis("axis1", 1, of: x.shape), try call.axis("axis2", 2, of: x.shape)]
    graph.mixBatch(along: axes[0] == axes[1] ? [] : axes, of: x)
    var order = Array(x.shape.indices)
    order.swapAt(axes[0], axes[1])
    return [try graph.transpose(x, order)]
  },
  "Moveaxis": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let (from, to) = (try call.axes("source", 1, of: x.shape), try call.axes("destination", 2, of: x.shape))
    var order = x.shape.indices.filter { !from.contains($0) }
    for (target, source) in zip(to, from).sorted(by: { $0.0 < $1.0 }) {
      guard target <= order.count else { throw call.failure("destination", expected: "as many axes as `source`") }
      order.insert(source, at: target)
    }
    graph.mixBatch(along: order.first == 0 ? [] : [0], of: x)
    return [try graph.transpose(x, order)]
  },
  "Reshape": lowerUnary { graph, x, call throws(ModelError) in
    guard let target = try call.ints("newshape", 1), target.filter({ $0 == -1 }).count <= 1 else {
      throw call.failure("newshape", expected: "extents, of which one may be -1")
    }
    let known = try Shape(validating: target.filter { $0 != -1 }).elementCount
    let shape = try Shape(validating: target.map { $0 == -1 ? x.shape.elementCount / max(known, 1) : $0 })
    // Rows stay whole where the first axis is the batch, or the batch and what follows it.
    let rowCount = x.shape.elementCount / max(graph.batch, 1)
    if target.first != -1 || !rowCount.isMultiple(of: max(known, 1)) { graph.mixBatch(along: [0], of: x) }
    return try graph.reshape(x, to: shape)
  },
  "Ravel": lowerUnary { graph, x, _ throws(ModelError) in try graph.reshape(x, to: [x.shape.elementCount]) },
  "BroadcastTo": lowerUnary { graph, x, call throws(ModelError) in
    guard let shape = try call.ints("shape", 1) else { throw call.failure("shape", expected: "extents") }
    graph.mixBatch(along: [0], of: x)
    return try graph.broadcast(x, to: try Shape(validating: shape))
  },
  "Flip": lowerUnary { graph, x, call throws(ModelError) in
    try graph.flip(x, try call.axes("axis", 1, of: x.shape))
  },
  "Fliplr": lowerUnary { graph, x, _ throws(ModelError) in try graph.flip(x, [try x.shape.axis(1)]) },
  "Flipud": lowerUnary { graph, x, _ throws(ModelError) in try graph.flip(x, [try x.shape.axis(0)]) },
  "Rot90": lowerUnary("array") { graph, x, call throws(ModelError) in
    let axes = try (call.ints("axes", 2) ?? [0, 1]).map { axis throws(ModelError) in try x.shape.axis(axis) }
    guard axes.count == 2, axes[0] != axes[1] else { throw call.failure("axes", expected: "two different axes") }
    let turns = try ((call.ints("k", 1)?.first ?? 1) % 4 + 4) % 4
    if turns == 2 { return try graph.flip(x, axes) }
    var order = Array(x.shape.indices)
    order.swapAt(axes[0], axes[1])
    graph.mixBatch(along: turns == 0 ? [] : axes, of: x)
    if turns == 1 { return try graph.transpose(try graph.flip(x, [axes[1]]), order) }
    return turns == 0 ? x : try graph.flip(try graph.transpose(x, order), [axes[1]])
  },
  "Roll": lowerUnary { graph, x, call throws(ModelError) in
    guard let shifts = try call.ints("shift", 1) else { throw call.failure("shift", expected: "whole numbers") }
    graph.mixBatch(along: try call.axes("axis", 2, of: x.shape), of: x)
    guard call.isGiven("axis", 2) else {
      let line = try graph.reshape(x, to: [x.shape.elementCount])
      return try graph.reshape(try graph.roll(line, axis: 0, by: shifts.first ?? 0), to: x.shape)
    }
    var rolled = x
    for (index, axis) in try call.axes("axis", 2, of: x.shape).enumerated() {
      rolled = try graph.roll(rolled, axis: axis, by: shifts[min(index, shifts.count - 1)])
    }
    return rolled
  },
  "Repeat": lowerUnary { graph, x, call throws(ModelError) in
    guard let counts = try call.ints("repeats", 1), counts.allSatisfy({ (0...1 << 20).contains($0) }) else {
      throw call.failure("repeats", expected: "counts that are not negative")
    }
    let isFlat = !call.isGiven("axis", 2)
    let axis = isFlat ? 0 : try call.axis("axis", 2, of: x.shape)
    graph.mixBatch(along: [axis], of: x)
    let line = isFlat ? try graph.reshape(x, to: [x.shape.elementCount]) : x
    guard counts.count != 1 else { return try graph.repeatElements(line, axis: axis, count: counts[0]) }
    guard counts.count == line.shape[axis] else { throw call.failure("repeats", expected: "a count for each element") }
    let places = counts.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1) }
    return try graph.take(line, try graph.constant("places") { () throws(ModelError) in Tensor(places) }, axis: axis)
  },
  "Tile": { call, graph throws(ModelError) in
    var x = try call.value("x", 0, &graph)
    guard var counts = try call.ints("repeats", 1), counts.allSatisfy({ (0...1 << 20).contains($0) }) else {
      throw call.failure("repeats", expected: "a count for each axis")
    }
    graph.mixBatch(
      along: counts.count > x.shape.rank || counts.count == x.shape.rank && counts[0] != 1 ? [0] : [], of: x)
    if counts.count > x.shape.rank {
      x = try graph.reshape(x, to: Shape([Int](repeating: 1, count: counts.count - x.shape.rank) + x.shape))
    }
    counts = [Int](repeating: 1, count: x.shape.rank - counts.count) + counts
    for (axis, count) in counts.enumerated() where count != 1 {
      var split = x.shape.dimensions
      split.insert(1, at: axis)
      var stretched = split
      stretched[axis] = count
      let copies = try graph.broadcast(try graph.reshape(x, to: Shape(split)), to: try Shape(validating: stretched))
      var joined = x.shape.dimensions
      joined[axis] *= count
      x = try graph.reshape(copies, to: Shape(joined))
    }
    return [x]
  },
  "Tril": lowerTriangle { row, column, k in column - row <= k },
  "Triu": lowerTriangle { row, column, k in column - row >= k },
  "Diagonal": lowerDiagonal { _, diagonal throws(ModelError) in diagonal },
  "Trace": lowerDiagonal { graph, diagonal throws(ModelError) in
    try graph.reduce(.sum, diagonal, axes: [diagonal.shape.rank - 1])
  },
  "Diag": lowerUnary { graph, x, call throws(ModelError) in
    let offset = try call.ints("k", 1)?.first ?? 0
    graph.mixBatch(along: [0], of: x)
    return try x.shape.rank == 1 ? graph.matrix(ofDiagonal: x, offset) : graph.diagonal(x, [0, 1], offset)
  },
  "Diagflat": lowerUnary { graph, x, call throws(ModelError) in
    graph.mixBatch(along: [0], of: x)
    let line = try graph.reshape(x, to: [x.shape.elementCount])
    return try graph.matrix(ofDiagonal: line, try call.ints("k", 1)?.first ?? 0)
  },
]

/// What `body` makes of the elements whose places along two axes differ by `offset`.
private func lowerDiagonal(
  _ body: @escaping @Sendable (inout GraphBuilder, Value) throws(ModelError) -> Value
) -> OperationLowering {
  lowerUnary { graph, x, call throws(ModelError) in
    let axes = try ["axis1", "axis2"].enumerated().map { place, name throws(ModelError) in
      call.isGiven(name, 2 + place) ? try call.axis(name, 2 + place, of: x.shape) : try x.shape.axis(place)
    }
    guard axes[0] != axes[1] else { throw call.failure("axis2", expected: "another axis than `axis1`") }
    graph.mixBatch(along: axes, of: x)
    return try body(&graph, try graph.diagonal(x, axes, try call.ints("offset", 1)?.first ?? 0))
  }
}

private func lowerTriangle(
  _ keeps: @escaping @Sendable (_ row: Int, _ column: Int, _ k: Int) -> Bool
) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let k = try call.ints("k", 1)?.first ?? 0
    guard x.shape.rank > 1 else { throw call.failure("x", expected: "a matrix") }
    graph.mixBatch(along: x.shape.rank == 2 ? [0] : [], of: x)
    let (rows, columns) = (x.shape[x.shape.rank - 2], x.shape[x.shape.rank - 1])
    let mask = try graph.constant("triangle \(rows) × \(columns)") { () throws(ModelError) in
      Tensor((0..<rows * columns).map { keeps($0 / columns, $0 % columns, k) ? Float(1) : 0 }, shape: [rows, columns])
    }
    return [try graph.select(mask, x, try graph.scalar(0))]
  }
}

extension GraphBuilder {
  fileprivate mutating func flip(_ x: Value, _ axes: [Int]) throws(ModelError) -> Value {
    mixBatch(along: axes, of: x)
    var flipped = x
    for axis in axes { flipped = try reverse(flipped, axis: axis) }
    return flipped
  }

  fileprivate mutating func roll(_ x: Value, axis: Int, by shift: Int) throws(ModelError) -> Value {
    let extent = x.shape[axis]
    let cut = extent == 0 ? 0 : ((extent - shift % extent) % extent + extent) % extent
    guard cut != 0 else { return x }
    let head = try slice(x, axis: axis, start: 0, count: cut)
    return try concatenate([try slice(x, axis: axis, start: cut, count: extent - cut), head], axis: axis)
  }

  /// A diagonal of two axes, as the last axis.
  fileprivate mutating func diagonal(_ x: Value, _ axes: [Int], _ offset: Int) throws(ModelError) -> Value {
    let starts = [max(0, -offset), max(0, offset)]
    let count = max(0, min(x.shape[axes[0]] - starts[0], x.shape[axes[1]] - starts[1]))
    var square = x
    for (axis, start) in zip(axes, starts) {
      square = try slice(square, axis: axis, start: count == 0 ? 0 : start, count: count)
    }
    var letters = Array("abcdefghijklmnopqrstuvwxyz".prefix(x.shape.rank))
    letters[axes[1]] = letters[axes[0]]
    let kept = x.shape.indices.filter { !axes.contains($0) }.map { letters[$0] } + [letters[axes[0]]]
    return try einsum("\(String(letters))->\(String(kept))", [square])
  }

  /// A matrix with the vector `x` on a diagonal and zeros elsewhere.
  fileprivate mutating func matrix(ofDiagonal x: Value, _ offset: Int) throws(ModelError) -> Value {
    let (n, size) = (x.shape[0], x.shape[0] + abs(offset))
    let isThere = try constant("diagonal \(offset) of \(size)") { () throws(ModelError) in
      Tensor((0..<size * n).map { $0 / n == $0 % n + max(0, -offset) ? Float(1) : 0 }, shape: [size, n])
    }
    let columns = try select(isThere, x, try scalar(0))
    return try pad(columns, before: [0, max(0, offset)], after: [0, max(0, -offset)])
  }
}
