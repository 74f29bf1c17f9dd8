import OstinatoKernels
import OstinatoTensors

// What works on the last axis alone is brought there from any other, and back.

extension GraphBuilder {
  /// `x` with `axis` at the end, the others in order.
  package mutating func moveToEnd(_ axis: Int, of x: Value) throws(ModelError) -> Value {
    try transpose(x, x.shape.indices.filter { $0 != axis } + [axis])
  }

  /// `x` with its last axis at place `axis`, the others in order.
  package mutating func moveFromEnd(_ x: Value, to axis: Int) throws(ModelError) -> Value {
    var order = Array(0..<x.shape.rank - 1)
    order.insert(x.shape.rank - 1, at: axis)
    return try transpose(x, order)
  }

  /// What `body` makes of `x` with `axes` at the end as one axis, with the axes back in their places.
  package mutating func alongAxes(
    _ axes: [Int], of x: Value, _ body: (inout GraphBuilder, Value) throws(ModelError) -> Value
  ) throws(ModelError) -> Value {
    let joint = axes.sorted()
    let order = x.shape.indices.filter { !joint.contains($0) } + joint
    let moved = try transpose(x, order)
    let kept = moved.shape.dropLast(joint.count)
    let rows = try reshape(moved, to: Shape(kept + [joint.reduce(1) { $0 * x.shape[$1] }]))
    let result = try reshape(try body(&self, rows), to: moved.shape)
    return try transpose(result, order.indices.map { order.firstIndex(of: $0) ?? $0 })
  }

  /// Rows over `axes` together, brought to a common mean and size.
  package mutating func normalize(
    _ function: RowNormalization, _ x: Value, axes: [Int]
  ) throws(ModelError) -> Value {
    try alongAxes(axes, of: try asFloat(x)) { graph, rows throws(ModelError) in
      try graph.addOne(RowNormalize(function), rows)
    }
  }

  /// The place of the extreme element along `axis`, which goes away, as int32.
  package mutating func argReduce(_ function: Extremum, _ x: Value, axis: Int) throws(ModelError) -> Value {
    try addOne(ArgReduce(function), try moveToEnd(axis, of: x))
  }

  /// Running sums or products along `axis`.
  package mutating func cumulate(_ function: Cumulation, _ x: Value, axis: Int) throws(ModelError) -> Value {
    try addOne(Cumulate(function, axis: axis), x)
  }

  /// The elements along `axis` in order, `count` of them, and where they stood, as int32.
  package mutating func rank(
    _ x: Value, axis: Int, count: Int? = nil, descending: Bool
  ) throws(ModelError) -> (values: Value, indices: Value) {
    let rows = try moveToEnd(axis, of: x)
    let outputs = try add(Rank(count: count, descending: descending), [rows])
    return (try moveFromEnd(outputs[0], to: axis), try moveFromEnd(outputs[1], to: axis))
  }

  /// Elements along `axis` by their places; the other axes of the two broadcast.
  package mutating func takeAlong(_ x: Value, places: Value, axis: Int) throws(ModelError) -> Value {
    let rows = try moveToEnd(axis, of: x)
    let moved = try moveToEnd(axis, of: try asInteger(places))
    let kept = try Shape.broadcast(Shape(Array(rows.shape.dropLast())), Shape(Array(moved.shape.dropLast())))
    let taken = try addOne(
      TakeAlongRows(), try broadcast(rows, to: try Shape(validating: kept + rows.shape.suffix(1))),
      try broadcast(moved, to: try Shape(validating: kept + moved.shape.suffix(1))))
    return try moveFromEnd(taken, to: axis)
  }
}
