import OstinatoGraph
import OstinatoTensors

/// Operations that cut values.
let splittingOperations: [String: OperationLowering] = [
  "GetItem": { call, graph throws(ModelError) in
    guard let key = call.constant("key", 1) else { throw call.failure("key", expected: "constant indices") }
    return [try graph.item(key, of: try call.value("x", 0, &graph))]
  },
  "Slice": { call, graph throws(ModelError) in
    let x = try call.value("inputs", 0, &graph)
    guard let starts = try call.ints("start_indices", 1), let shape = try call.ints("shape", 2),
      starts.count == x.shape.rank, shape.count == x.shape.rank
    else { throw call.failure("start_indices", expected: "a constant start for each axis") }
    var part = x
    for (axis, start) in starts.enumerated() {
      let count = shape[axis] == -1 ? x.shape[axis] - start : shape[axis]
      guard start >= 0, count >= 0, start + count <= x.shape[axis] else {
        throw call.failure("shape", expected: "a part of \(x.shape)")
      }
      if start != 0 || shape[axis] != -1 { graph.mixBatch(along: [axis], of: x) }
      part = try graph.slice(part, axis: axis, start: start, count: count)
    }
    return [part]
  },
  "Unstack": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axis = try x.shape.axis(try call.ints("axis", 2)?.first ?? 0)
    graph.mixBatch(along: [axis], of: x)
    var parts: [Value] = []
    for start in 0..<x.shape[axis] {
      parts.append(try graph.squeeze(try graph.slice(x, axis: axis, start: start, count: 1), [axis]))
    }
    return parts
  },
  "Split": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    return try graph.split(x, along: try x.shape.axis(try call.ints("axis", 2)?.first ?? 0), call)
  },
  "Hsplit": lowerSplit { $0 == 1 ? 0 : 1 }, "Vsplit": lowerSplit { _ in 0 }, "Dsplit": lowerSplit { _ in 2 },
  "ArraySplit": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axis = try x.shape.axis(try call.ints("axis", 2)?.first ?? 0)
    guard let count = call.constant("indices_or_sections", 1)?.int, count > 0 else {
      return try graph.split(x, along: axis, call)
    }
    let (size, rest) = x.shape[axis].quotientAndRemainder(dividingBy: count)
    return try graph.split(x, along: axis, at: (1..<count).map { $0 * size + min($0, rest) })
  },
]

private func lowerSplit(_ axis: @escaping @Sendable (_ rank: Int) -> Int) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    return try graph.split(x, along: try x.shape.axis(axis(x.shape.rank)), call)
  }
}

extension GraphBuilder {
  /// Parts of equal size, or those between the places that the call names.
  fileprivate mutating func split(_ x: Value, along axis: Int, _ call: OperationCall) throws(ModelError) -> [Value] {
    let extent = x.shape[axis]
    guard let sections = call.constant("indices_or_sections", 1)?.int else {
      let places = (call.numbers("indices_or_sections", 1) ?? []).compactMap { Int(exactly: $0) }
      return try split(x, along: axis, at: places.map { min(max($0 < 0 ? $0 + extent : $0, 0), extent) })
    }
    guard sections > 0, extent.isMultiple(of: sections) else {
      throw call.failure("indices_or_sections", expected: "a divisor of \(extent)")
    }
    return try split(x, along: axis, at: (1..<sections).map { $0 * extent / sections })
  }

  fileprivate mutating func split(_ x: Value, along axis: Int, at bounds: [Int]) throws(ModelError) -> [Value] {
    mixBatch(along: [axis], of: x)
    var (parts, start): ([Value], Int) = ([], 0)
    for bound in bounds + [x.shape[axis]] {
      parts.append(try slice(x, axis: axis, start: min(start, bound), count: max(bound - start, 0)))
      start = bound
    }
    return parts
  }
}
