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
    graph.mixBatchUnlessItems(a, b)
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
    let operands = try call.operands(&graph)
    let equation = try EinsumEquation(text, ranks: operands.map(\.shape.rank))
    graph.mixBatchUnlessKept(equation, operands)
    return [try graph.einsum(text, operands)]
  },
  "Tensordot": { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    return [try graph.contract(a, b, try summedAxes(call, a.shape, b.shape))]
  },
  "Dot": lowerProduct { a, b in ([a.rank - 1], [max(b.rank - 2, 0)]) },
  "Inner": lowerProduct { a, b in ([a.rank - 1], [b.rank - 1]) },
  "Vdot": { call, graph throws(ModelError) in
    var lines: [Value] = []
    for (place, name) in ["x1", "x2"].enumerated() {
      let value = try call.value(name, place, &graph)
      lines.append(try graph.reshape(value, to: [value.shape.elementCount]))
    }
    graph.mixBatch()
    return [try graph.reduce(.sum, try graph.combine(.multiply, lines[0], lines[1]), axes: [0])]
  },
  "Outer": { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    let column = try graph.reshape(a, to: [a.shape.elementCount, 1])
    graph.mixBatch(along: [0], of: b)
    return [try graph.combine(.multiply, column, try graph.reshape(b, to: [b.shape.elementCount]))]
  },
  "Kron": { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    let rank = max(a.shape.rank, b.shape.rank)
    if !graph.isFixed(a) || !graph.isFixed(b) { graph.mixBatch() }
    let left = [Int](repeating: 1, count: rank - a.shape.rank) + a.shape
    let right = [Int](repeating: 1, count: rank - b.shape.rank) + b.shape
    let product = try graph.combine(
      .multiply, try graph.reshape(a, to: Shape(left.flatMap { [$0, 1] })),
      try graph.reshape(b, to: Shape(right.flatMap { [1, $0] })))
    return [try graph.reshape(product, to: try Shape(validating: zip(left, right).map { $0 * $1 }))]
  },
  "Cross": { call, graph throws(ModelError) in
    var sides: [Value] = []
    for (place, name) in ["x1", "x2"].enumerated() {
      let value = try call.value(name, place, &graph)
      let axis = try call.firstInt("axis", place == 0 ? "axisa" : "axisb") ?? -1
      let last = try graph.moveToEnd(try value.shape.axis(axis), of: value)
      guard let count = last.shape.last, (2...3).contains(count) else {
        throw call.failure(name, expected: "2 or 3 long")
      }
      let missing = [Int](repeating: 0, count: last.shape.rank - 1) + [3 - count]
      sides.append(try graph.pad(last, before: missing.map { _ in 0 }, after: missing))
    }
    graph.mixBatchUnlessAligned(sides)
    return [try graph.cross(sides[0], sides[1], call)]
  },
  "CDist": { call, graph throws(ModelError) in
    let (x, y) = (try call.value("x", 0, &graph), try call.value("y", 1, &graph))
    guard x.shape.rank > 1, y.shape.rank == x.shape.rank else {
      throw call.failure("y", expected: "as many axes as `x`")
    }
    graph.mixBatch(along: x.shape.rank == 2 ? [0] : [], of: y)
    graph.mixBatchUnlessAligned(x.shape.rank == 2 ? [] : [x, y])
    let rows = try graph.reshape(x, to: Shape(x.shape.dropLast() + [1] + x.shape.suffix(1)))
    let columns = try graph.reshape(y, to: Shape(y.shape.dropLast(2) + [1] + y.shape.suffix(2)))
    let squares = try graph.combine(.squaredDifference, rows, columns)
    return [try graph.apply(.squareRoot, try graph.reduce(.sum, squares, axes: [squares.shape.rank - 1]))]
  },
]

/// A product of all elements of both sides where one is a number, and a sum over an axis of each else.
private func lowerProduct(
  _ axes: @escaping @Sendable (Shape, Shape) -> ([Int], [Int])
) -> OperationLowering {
  { call, graph throws(ModelError) in
    let (a, b) = (try call.value("x1", 0, &graph), try call.value("x2", 1, &graph))
    guard a.shape.rank > 0, b.shape.rank > 0 else { return [try graph.combine(.multiply, a, b)] }
    return [try graph.contract(a, b, axes(a.shape, b.shape))]
  }
}

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
    let text = "\(String(left)),\(String(right))->\(String(kept))"
    mixBatchUnlessKept(try EinsumEquation(text, ranks: [a.shape.rank, b.shape.rank]), [a, b])
    return try einsum(text, [a, b])
  }

  /// Rows of the batch stay apart where the output's first axis is the first of everything that has rows.
  fileprivate mutating func mixBatchUnlessKept(_ equation: EinsumEquation, _ operands: [Value]) {
    guard !operands.allSatisfy(isFixed) else { return }
    let isKept = zip(equation.inputs, operands).allSatisfy { letters, value in
      guard isFixed(value) else { return letters.first == equation.output.first }
      return zip(letters, value.shape).allSatisfy { letter, extent in letter != equation.output.first || extent == 1 }
    }
    if !isKept { mixBatch() }
  }

  /// `(a₁b₂ − a₂b₁, …)` over the last axes, at the place that the call names; where both sides were 2 long the last alone.
  fileprivate mutating func cross(_ a: Value, _ b: Value, _ call: OperationCall) throws(ModelError) -> Value {
    let axis = try a.shape.axis(-1)
    let (turned, turnedBack): ([Int32], [Int32]) = ([1, 2, 0], [2, 0, 1])
    let ahead = try constant("ahead") { () throws(ModelError) in Tensor(turned) }
    let behind = try constant("behind") { () throws(ModelError) in Tensor(turnedBack) }
    let other = b.shape.rank - 1
    let first = try combine(.multiply, try take(a, ahead, axis: axis), try take(b, behind, axis: other))
    let second = try combine(.multiply, try take(a, behind, axis: axis), try take(b, ahead, axis: other))
    let product = try combine(.subtract, first, second)
    let last = product.shape.rank - 1
    if call.inputs.allSatisfy({ $0.shape.last == 2 }) {
      return try squeeze(try slice(product, axis: last, start: 2, count: 1), [last])
    }
    let place = try call.firstInt("axis", "axisc") ?? -1
    return try moveFromEnd(product, to: try product.shape.axis(place))
  }

  /// Matrices are items of one batch where both sides have as many axes, three or more; and rows may be vectors where
  /// the right side is the same for all.
  fileprivate mutating func mixBatchUnlessItems(_ a: Value, _ b: Value) {
    let (left, right) = (a.shape.rank, b.shape.rank)
    func isShared(_ value: Value, beside rank: Int) -> Bool {
      value.shape.rank < rank || value.shape.rank == rank && value.shape.first == 1
    }
    let isAligned =
      switch (isFixed(a), isFixed(b)) {
      case (true, true): true
      case (false, true): left > 1 && right < 3 || left > 2 && isShared(b, beside: left)
      case (true, false): right > 2 && isShared(a, beside: right)
      case (false, false): left == right && left > 2
      }
    if !isAligned { mixBatch() }
  }
}
