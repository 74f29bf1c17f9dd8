import OstinatoGraph
import OstinatoTensors

/// Operations that join values, or put a border around one.
let joiningOperations: [String: OperationLowering] = [
  "Concatenate": { call, graph throws(ModelError) in
    let values = try call.list("xs", 0, &graph)
    guard let first = values.first else { throw call.failure("xs", expected: "tensors") }
    return [try graph.join(values, axis: try first.shape.axis(try call.ints("axis", 1)?.first ?? 0))]
  },
  "Append": { call, graph throws(ModelError) in
    let values = [try call.value("x1", 0, &graph), try call.value("x2", 1, &graph)]
    guard let axis = try call.ints("axis", 2)?.first else {
      var lines: [Value] = []
      for value in values { lines.append(try graph.reshape(value, to: [value.shape.elementCount])) }
      return [try graph.join(lines, axis: 0)]
    }
    return [try graph.join(values, axis: try values[0].shape.axis(axis))]
  },
  "Stack": { call, graph throws(ModelError) in
    let values = try call.list("x", 0, &graph)
    guard let rank = values.first?.shape.rank else { throw call.failure("x", expected: "tensors") }
    let given = try call.ints("axis", 1)?.first ?? 0
    let axis = given < 0 ? given + rank + 1 : given
    guard (0...rank).contains(axis), values.allSatisfy({ $0.shape.rank == rank }) else {
      throw call.failure("axis", expected: "an axis of the result, for tensors of one rank")
    }
    var parts: [Value] = []
    for value in values {
      parts.append(try graph.reshape(value, to: Shape(value.shape.prefix(axis) + [1] + value.shape.dropFirst(axis))))
    }
    return [try graph.join(parts, axis: axis)]
  },
  "Hstack": lowerStacked { $0 == 1 ? 0 : 1 }, "Vstack": lowerStacked { _ in 0 }, "Dstack": lowerStacked { _ in 2 },
  "Pad": { call, graph throws(ModelError) in
    var x = try call.value("x", 0, &graph)
    let widths = try call.padWidths(rank: x.shape.rank)
    graph.mixBatch(along: widths.first == [0, 0] ? [] : [0], of: x)
    switch call.constant("mode", 9)?.string ?? "constant" {
    case "constant":
      let value = Float(call.constant("constant_values", 1)?.double ?? 0)
      return [try graph.pad(x, before: widths.map { $0[0] }, after: widths.map { $0[1] }, value: value)]
    case let mode where mode == "reflect" || mode == "symmetric":
      for (axis, width) in widths.enumerated() {
        x = try graph.mirror(x, axis, width[0], width[1], skip: mode == "reflect" ? 1 : 0)
      }
      return [x]
    default: throw call.failure("mode", expected: "'constant', 'reflect' or 'symmetric'")
    }
  },
]

/// Values one after another along the axis for their rank; those of too few axes get more.
private func lowerStacked(_ axis: @escaping @Sendable (Int) -> Int) -> OperationLowering {
  { call, graph throws(ModelError) in
    let values = try call.list("xs", 0, &graph)
    guard let rank = values.first?.shape.rank else { throw call.failure("xs", expected: "tensors") }
    let place = axis(rank)
    var parts: [Value] = []
    for value in values {
      let missing = [Int](repeating: 1, count: max(place + 1 - value.shape.rank, 0))
      let shape = rank == 1 && place == 2 ? [1] + value.shape + [1] : value.shape + missing
      parts.append(try graph.reshape(value, to: Shape(shape)))
    }
    return [try graph.join(parts, axis: place)]
  }
}

extension OperationCall {
  /// Two widths for each axis: all may be one number, and so may each pair.
  fileprivate func padWidths(rank: Int) throws(ModelError) -> [[Int]] {
    let given = constant("pad_width", 8)
    let entries = given?.array ?? given.map { [$0] } ?? []
    var widths = entries.map { ($0.array ?? [$0]).compactMap(\.int) }
    if entries.count == 2, entries.allSatisfy({ $0.array == nil }) { widths = [widths.flatMap { $0 }] }
    if widths.count == 1 { widths = [[Int]](repeating: widths[0], count: rank) }
    widths = widths.map { $0.count == 1 ? $0 + $0 : $0 }
    guard widths.count == rank, widths.allSatisfy({ $0.count == 2 && $0.allSatisfy((0...1 << 24).contains) }) else {
      throw failure("pad_width", expected: "two widths for each axis")
    }
    return widths
  }
}

extension GraphBuilder {
  /// Values one after another; rows of the batch are mixed along the first axis, and where a value has none.
  mutating func join(_ values: [Value], axis: Int) throws(ModelError) -> Value {
    let fixed = values.filter(isFixed).count
    if fixed < values.count && (axis == 0 || fixed > 0) { mixBatch() }
    return try concatenate(values, axis: axis)
  }

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
}
