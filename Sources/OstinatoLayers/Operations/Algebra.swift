import OstinatoGraph
import OstinatoTensors

/// Products of matrices and tensors.
let algebraOperations: [String: OperationLowering] = [
  "Matmul": { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    guard a.shape.rank > 0, b.shape.rank > 0 else { throw call.failure("x1", expected: "tensors with axes") }
    if graph.tensor(of: b) != nil, b.shape.rank == 2, a.shape.rank > 1 {
      return [try graph.gemm(a, kernel: try graph.asFloat(b), bias: nil)]
    }
    graph.mixBatchUnlessItems([a, b])
    let left = a.shape.rank == 1 ? try graph.reshape(a, to: Shape([1] + a.shape)) : a
    let right = b.shape.rank == 1 ? try graph.reshape(b, to: Shape(b.shape + [1])) : b
    let product = try graph.matmul(left, right)
    let rank = product.shape.rank
    return [
      try graph.squeeze(product, (a.shape.rank == 1 ? [rank - 2] : []) + (b.shape.rank == 1 ? [rank - 1] : []))
    ]
  },
  "Einsum": { call, graph throws(ModelError) in
    guard let text = call.constant("subscripts", 0)?.string else { throw call.failure("subscripts", expected: "text") }
    let equation = try EinsumEquation(text, ranks: call.inputs.map(\.shape.rank))
    for (letters, value) in zip(equation.inputs, call.inputs) where graph.tensor(of: value) == nil {
      if letters.first != equation.output.first { graph.mixBatch() }
    }
    return [try graph.einsum(text, call.inputs)]
  },
  "Tensordot": { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    let axes = try summedAxes(call, a.shape, b.shape)
    if axes.0.contains(0) || graph.tensor(of: b) == nil { graph.mixBatch() }
    return [try graph.contract(a, b, axes)]
  },
  "Dot": { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    guard a.shape.rank > 0, b.shape.rank > 0 else { return [try graph.combine(.multiply, a, b)] }
    if a.shape.rank == 1 || graph.tensor(of: b) == nil { graph.mixBatch() }
    return [try graph.contract(a, b, ([a.shape.rank - 1], [max(b.shape.rank - 2, 0)]))]
  },
]

/// The axes that a tensordot sums: a count of the last and first, or a list for each side.
private func summedAxes(_ call: OperationCall, _ a: Shape, _ b: Shape) throws(ModelError) -> ([Int], [Int]) {
  let value = call.constant("axes", 2) ?? .int(2)
  if let count = value.int {
    guard (0...min(a.rank, b.rank)).contains(count) else { throw call.failure("axes", expected: "axes of both") }
    return (Array(a.rank - count..<a.rank), Array(0..<count))
  }
  let sides = (value.array ?? []).map { ($0.array ?? [$0]).compactMap(\.int) }
  guard sides.count == 2, sides[0].count == sides[1].count else {
    throw call.failure("axes", expected: "as many axes of one side as of the other")
  }
  return (
    try sides[0].map { axis throws(ModelError) in try a.axis(axis) },
    try sides[1].map { axis throws(ModelError) in try b.axis(axis) }
  )
}

extension GraphBuilder {
  /// The axes of `a` and `b` summed pair by pair, the others in order.
  fileprivate mutating func contract(_ a: Value, _ b: Value, _ axes: ([Int], [Int])) throws(ModelError) -> Value {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    guard a.shape.rank + b.shape.rank <= alphabet.count else {
      throw ModelError(.shapeMismatch, "", "expected fewer axes. Received: \(a.shape) and \(b.shape)")
    }
    let left = Array(alphabet.prefix(a.shape.rank))
    var right = Array(alphabet.dropFirst(a.shape.rank).prefix(b.shape.rank))
    for (axis, partner) in zip(axes.0, axes.1) { right[partner] = left[axis] }
    let kept =
      left.indices.filter { !axes.0.contains($0) }.map { left[$0] }
      + right.indices.filter { !axes.1.contains($0) }.map { right[$0] }
    return try einsum("\(String(left)),\(String(right))->\(String(kept))", [a, b])
  }

  /// Matrices are items of one batch where both sides have as many axes, three or more.
  fileprivate mutating func mixBatchUnlessItems(_ values: [Value]) {
    let computed = values.filter { tensor(of: $0) == nil }
    let ranks = computed.map(\.shape.rank)
    let areRows = computed.count == 1 && computed[0] == values[0] && ranks[0] >= (values[1].shape.rank < 3 ? 2 : 3)
    if !areRows && (Set(ranks).count > 1 || (ranks.min() ?? 3) < 3) { mixBatch() }
  }
}
