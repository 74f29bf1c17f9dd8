import OstinatoGraph
import OstinatoTensors

/// Operations that join values, cut them, pad them, or pick from them.
let joiningOperations: [String: OperationLowering] = [
  "GetItem": { call, graph throws(ModelError) in
    guard let key = call.constant("key", 1) else { throw call.failure("key", expected: "constant indices") }
    return [try graph.item(key, of: try call.value("x", 0, &graph))]
  },
  "Concatenate": { call, graph throws(ModelError) in
    let values = try call.values("xs", 0)
    guard let first = values.first else { throw call.failure("xs", expected: "tensors") }
    let axis = try first.shape.axis(try call.ints("axis", 1)?.first ?? 0)
    if axis == 0 { graph.mixBatch() }
    return [try graph.concatenate(values, axis: axis)]
  },
  "Stack": { call, graph throws(ModelError) in
    let values = try call.values("x", 0)
    let given = try call.ints("axis", 1)?.first ?? 0
    var parts: [Value] = []
    for value in values {
      let axis = given < 0 ? given + value.shape.rank + 1 : given
      guard (0...value.shape.rank).contains(axis) else { throw call.failure("axis", expected: "an axis of the result") }
      parts.append(try graph.reshape(value, to: Shape(value.shape.prefix(axis) + [1] + value.shape.dropFirst(axis))))
    }
    guard let first = parts.first else { throw call.failure("x", expected: "tensors") }
    let axis = given < 0 ? given + first.shape.rank : given
    if axis == 0 { graph.mixBatch() }
    return [try graph.concatenate(parts, axis: axis)]
  },
  "Unstack": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axis = try x.shape.axis(try call.ints("axis", 2)?.first ?? 0)
    if axis == 0 { graph.mixBatch() }
    var parts: [Value] = []
    for start in 0..<x.shape[axis] {
      parts.append(try graph.squeeze(try graph.slice(x, axis: axis, start: start, count: 1), [axis]))
    }
    return parts
  },
  "Split": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axis = try x.shape.axis(try call.ints("axis", 2)?.first ?? 0)
    if axis == 0 { graph.mixBatch() }
    let extent = x.shape[axis]
    var bounds = try call.ints("indices_or_sections", 1) ?? []
    if let sections = call.constant("indices_or_sections", 1)?.int {
      guard sections > 0, extent.isMultiple(of: sections) else {
        throw call.failure("indices_or_sections", expected: "a divisor of \(extent)")
      }
      bounds = Array(stride(from: extent / sections, to: extent, by: max(extent / sections, 1)))
    }
    var (parts, start): ([Value], Int) = ([], 0)
    for bound in bounds.map({ min(max($0 < 0 ? $0 + extent : $0, 0), extent) }) + [extent] {
      parts.append(try graph.slice(x, axis: axis, start: min(start, bound), count: max(bound - start, 0)))
      start = bound
    }
    return parts
  },
  "Pad": { call, graph throws(ModelError) in
    var x = try call.value("x", 0, &graph)
    let widths = (call.constant("pad_width", 1)?.array ?? []).map { ($0.array ?? [$0]).compactMap(\.int) }
    guard widths.count == x.shape.rank, widths.allSatisfy({ $0.count == 2 && $0.allSatisfy((0...1 << 24).contains) })
    else { throw call.failure("pad_width", expected: "two widths for each axis") }
    if widths.first != [0, 0] { graph.mixBatch() }
    switch call.constant("mode", 2)?.string ?? "constant" {
    case "constant":
      let value = Float(call.constant("constant_values", 3)?.double ?? 0)
      return [try graph.pad(x, before: widths.map { $0[0] }, after: widths.map { $0[1] }, value: value)]
    case let mode where mode == "reflect" || mode == "symmetric":
      for (axis, width) in widths.enumerated() {
        x = try graph.mirror(x, axis, width[0], width[1], skip: mode == "reflect" ? 1 : 0)
      }
      return [x]
    default: throw call.failure("mode", expected: "'constant', 'reflect' or 'symmetric'")
    }
  },
  "Take": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let indices = try graph.asInteger(try call.value("indices", 1, &graph))
    guard call.isGiven("axis", 2) else {
      graph.mixBatch()
      return [try graph.take(try graph.reshape(x, to: [x.shape.elementCount]), indices, axis: 0)]
    }
    let axis = try call.axis("axis", 2, of: x.shape)
    if graph.tensor(of: indices) == nil || axis == 0, graph.tensor(of: x) == nil { graph.mixBatch() }
    return [try graph.take(x, indices, axis: axis)]
  },
  "TakeAlongAxis": { call, graph throws(ModelError) in
    let (x, indices) = (try call.value("x", 0, &graph), try call.value("indices", 1, &graph))
    guard call.isGiven("axis", 2) else { throw call.failure("axis", expected: "an axis") }
    let axis = try call.axis("axis", 2, of: x.shape)
    guard x.shape.rank == indices.shape.rank else { throw call.failure("indices", expected: "as many axes as `x`") }
    if axis == 0 { graph.mixBatch() }
    return [try graph.takeAlong(x, places: indices, axis: axis)]
  },
  "OneHot": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard let count = try call.ints("num_classes", 1)?.first, (1...1 << 24).contains(count) else {
      throw call.failure("num_classes", expected: "a positive integer")
    }
    let columns = try graph.reshape(x, to: Shape(x.shape + [1]))
    let hot = try graph.combine(.equal, columns, try graph.range(count))
    let axis = try hot.shape.axis(try call.ints("axis", 2)?.first ?? -1)
    if axis == 0 { graph.mixBatch() }
    return [try graph.moveFromEnd(hot, to: axis)]
  },
]

extension GraphBuilder {
  /// `x` with its own cells mirrored before and after it along `axis`; `skip` leaves the border cell out.
  fileprivate mutating func mirror(
    _ x: Value, _ axis: Int, _ before: Int, _ after: Int, skip: Int
  ) throws(ModelError) -> Value {
    let extent = x.shape[axis]
    guard max(before, after) + skip <= extent else {
      throw ModelError(.shapeMismatch, "", "expected padding that the axis can mirror. Received: \(x.shape)")
    }
    var parts = [x]
    if before > 0 {
      parts.insert(try reverse(try slice(x, axis: axis, start: skip, count: before), axis: axis), at: 0)
    }
    if after > 0 {
      parts.append(try reverse(try slice(x, axis: axis, start: extent - skip - after, count: after), axis: axis))
    }
    return try concatenate(parts, axis: axis)
  }

  /// Slices along `axis` by number; a negative number counts from the end.
  fileprivate mutating func take(_ x: Value, _ indices: Value, axis: Int) throws(ModelError) -> Value {
    let order = [axis] + x.shape.indices.filter { $0 != axis }
    let front = try transpose(x, order)
    let table = try reshape(front, to: [x.shape[axis], front.shape.dropFirst().reduce(1, *)])
    let isBehind = try combine(.less, indices, try scalar(0))
    let wrapped = try combine(
      .add, indices, try apply(.affine(scale: Float(x.shape[axis]), offset: 0), isBehind))
    let rows = try gather(try asFloat(table), indices: wrapped)
    let taken = try reshape(rows, to: Shape(indices.shape + Array(front.shape.dropFirst())))
    let places = Array(0..<indices.shape.rank)
    let rest = Array(indices.shape.rank..<taken.shape.rank)
    return try transpose(taken, Array(rest.prefix(axis)) + places + rest.dropFirst(axis))
  }
}
