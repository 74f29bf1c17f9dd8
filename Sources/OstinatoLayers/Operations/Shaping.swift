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
      if axis == 0 { graph.mixBatch() }
      dimensions.insert(1, at: axis)
    }
    return [try graph.reshape(x, to: Shape(dimensions))]
  },
  "Squeeze": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let given = try call.ints("axis", 1) == nil ? nil : try call.axes("axis", 1, of: x.shape)
    // Without axes the batch goes too where it is 1: all that is known of it here.
    let axes = given ?? x.shape.indices.filter { $0 > 0 && x.shape[$0] == 1 }
    if axes.contains(0) { graph.mixBatch() }
    return [try graph.squeeze(x, axes)]
  },
  "Transpose": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let order = try (call.ints("axes", 1) ?? x.shape.indices.reversed()).map { $0 < 0 ? $0 + x.shape.rank : $0 }
    if order.first != 0 { graph.mixBatch() }
    return [try graph.transpose(x, order)]
  },
  "Swapaxes": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axes = [try call.axis("axis1", 1, of: x.shape), try call.axis("axis2", 2, of: x.shape)]
    if axes[0] != axes[1] && axes.contains(0) { graph.mixBatch() }
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
    if order.first != 0 { graph.mixBatch() }
    return [try graph.transpose(x, order)]
  },
  "Reshape": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard let target = try call.ints("newshape", 1), target.filter({ $0 == -1 }).count <= 1 else {
      throw call.failure("newshape", expected: "extents, of which one may be -1")
    }
    let known = try Shape(validating: target.filter { $0 != -1 }).elementCount
    let shape = try Shape(validating: target.map { $0 == -1 ? x.shape.elementCount / max(known, 1) : $0 })
    if target.first != -1 || shape.first != x.shape.first { graph.mixBatch() }
    return [try graph.reshape(x, to: shape)]
  },
  "Ravel": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    graph.mixBatch()
    return [try graph.reshape(x, to: [x.shape.elementCount])]
  },
  "BroadcastTo": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard let shape = try call.ints("shape", 1) else { throw call.failure("shape", expected: "extents") }
    graph.mixBatch()
    return [try graph.broadcast(x, to: try Shape(validating: shape))]
  },
  "Flip": { call, graph throws(ModelError) in
    var x = try call.value("x", 0, &graph)
    for axis in try call.axes("axis", 1, of: x.shape) {
      if axis == 0 { graph.mixBatch() }
      x = try graph.reverse(x, axis: axis)
    }
    return [x]
  },
  "Roll": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard let shift = try call.ints("shift", 1), call.isGiven("axis", 2), shift.count == 1 else {
      throw call.failure("axis", expected: "one axis, with one shift")
    }
    let axis = try call.axis("axis", 2, of: x.shape)
    if axis == 0 { graph.mixBatch() }
    let extent = x.shape[axis]
    let cut = extent == 0 ? 0 : ((extent - shift[0] % extent) % extent + extent) % extent
    guard cut != 0 else { return [x] }
    let (head, tail) = (
      try graph.slice(x, axis: axis, start: 0, count: cut),
      try graph.slice(x, axis: axis, start: cut, count: extent - cut)
    )
    return [try graph.concatenate([tail, head], axis: axis)]
  },
  "Repeat": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard let count = try call.ints("repeats", 1), count.count == 1, count[0] >= 0, call.isGiven("axis", 2) else {
      throw call.failure("repeats", expected: "one count, along an axis")
    }
    let axis = try call.axis("axis", 2, of: x.shape)
    if axis == 0 { graph.mixBatch() }
    return [try graph.repeatElements(x, axis: axis, count: count[0])]
  },
  "Tile": { call, graph throws(ModelError) in
    var x = try call.value("x", 0, &graph)
    guard var counts = try call.ints("repeats", 1), counts.allSatisfy({ (0...1 << 20).contains($0) }) else {
      throw call.failure("repeats", expected: "a count for each axis")
    }
    if counts.count > x.shape.rank {
      graph.mixBatch()
      x = try graph.reshape(x, to: Shape([Int](repeating: 1, count: counts.count - x.shape.rank) + x.shape))
    }
    counts = [Int](repeating: 1, count: x.shape.rank - counts.count) + counts
    if counts.first != 1 { graph.mixBatch() }
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
  "Diagonal": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axes = try ["axis1", "axis2"].enumerated().map { place, name throws(ModelError) in
      call.isGiven(name, 2 + place) ? try call.axis(name, 2 + place, of: x.shape) : try x.shape.axis(place)
    }
    guard axes[0] != axes[1], try call.ints("offset", 1) ?? [0] == [0] else {
      throw call.failure("offset", expected: "0, with two different axes")
    }
    if axes.contains(0) { graph.mixBatch() }
    let count = min(x.shape[axes[0]], x.shape[axes[1]])
    var square = x
    for axis in axes { square = try graph.slice(square, axis: axis, start: 0, count: count) }
    var letters = Array("abcdefghijklmnopqrstuvwxyz".prefix(x.shape.rank))
    letters[axes[1]] = letters[axes[0]]
    let kept = x.shape.indices.filter { !axes.contains($0) }.map { letters[$0] } + [letters[axes[0]]]
    return [try graph.einsum("\(String(letters))->\(String(kept))", [square])]
  },
]

private func lowerTriangle(
  _ keeps: @escaping @Sendable (_ row: Int, _ column: Int, _ k: Int) -> Bool
) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let k = try call.ints("k", 1)?.first ?? 0
    guard x.shape.rank > 1 else { throw call.failure("x", expected: "a matrix") }
    if x.shape.rank == 2 { graph.mixBatch() }
    let (rows, columns) = (x.shape[x.shape.rank - 2], x.shape[x.shape.rank - 1])
    let mask = try graph.constant("triangle \(rows) × \(columns)") { () throws(ModelError) in
      Tensor((0..<rows * columns).map { keeps($0 / columns, $0 % columns, k) ? Float(1) : 0 }, shape: [rows, columns])
    }
    return [try graph.select(mask, x, try graph.scalar(0))]
  }
}
