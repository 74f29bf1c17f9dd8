import OstinatoKernels
import OstinatoTensors

// MARK: - Linear

extension GraphBuilder {
  /// `x · kernel + bias` over the last axis of `x`.
  public mutating func gemm(_ x: Value, kernel: Value, bias: Value?) throws(ModelError) -> Value {
    try linear(Gemm(), x, kernel, bias)
  }

  /// A convolution of channels-last `x`.
  package mutating func convolve(
    _ x: Value, kernel: Value, bias: Value?, geometry: WindowGeometry, groups: Int = 1
  ) throws(ModelError) -> Value {
    groups > 1 && groups == x.shape.last
      ? try linear(DepthwiseConvolution(geometry: geometry), x, kernel, bias)
      : try linear(Convolution(geometry: geometry, groups: groups), x, kernel, bias)
  }

  /// The transpose of a convolution that takes `outputExtents…` to the extents of channels-last `x`.
  package mutating func convolveTransposed(
    _ x: Value, kernel: Value, bias: Value?, geometry: WindowGeometry, outputExtents: [Int]
  ) throws(ModelError) -> Value {
    try linear(TransposedConvolution(geometry: geometry, outputExtents: outputExtents), x, kernel, bias)
  }

  private mutating func linear(
    _ operation: some LinearOperation, _ x: Value, _ kernel: Value, _ bias: Value?
  ) throws(ModelError) -> Value {
    var operation = operation
    operation.epilogue.hasBias = bias != nil
    return try add(operation, [try asFloat(x), try asFloat(kernel)] + (bias.map { [$0] } ?? []))[0]
  }

  /// `x · scale + shift` over the last axis.
  public mutating func affine(_ x: Value, scale: Value, shift: Value) throws(ModelError) -> Value {
    try addOne(ChannelAffine(), try asFloat(x), scale, shift)
  }
}

// MARK: - In Swift

extension GraphBuilder {
  /// What `body` makes of tensors, as float32 values of the given shapes. It runs on any thread, also on several at once,
  /// and on parts of the batch unless ``mixBatch()`` was called.
  public mutating func function(
    of inputs: [Value], outputShapes: [Shape], _ body: @escaping @Sendable ([Tensor]) throws -> [Tensor]
  ) throws(ModelError) -> [Value] {
    try add(HostFunction(outputShapes: outputShapes, body: body), inputs)
  }
}

// MARK: - Elementwise and rows

extension GraphBuilder {
  /// `function` of each element.
  package mutating func apply(_ function: UnaryFunction?, _ x: Value) throws(ModelError) -> Value {
    guard let function else { return x }
    return try addOne(Unary(function), try asFloat(x))
  }

  /// `function` of pairs of elements, broadcast.
  package mutating func combine(_ function: BinaryFunction, _ a: Value, _ b: Value) throws(ModelError) -> Value {
    try addOne(Binary(function), try asFloat(a), try asFloat(b))
  }

  /// `condition ≠ 0 ? a : b`, broadcast; whole numbers where both branches are.
  package mutating func select(_ condition: Value, _ a: Value, _ b: Value) throws(ModelError) -> Value {
    let isInteger = a.dataType == .int32 && b.dataType == .int32
    return try addOne(
      Select(), try asFloat(condition), isInteger ? a : try asFloat(a), isInteger ? b : try asFloat(b))
  }

  /// `function` of pairs of whole numbers, broadcast.
  package mutating func combine(
    _ name: String, _ a: Value, _ b: Value, _ function: @escaping @Sendable (Int32, Int32) -> Int32
  ) throws(ModelError) -> Value {
    let shape = try Shape.broadcast(a.shape, b.shape)
    return try addOne(
      IntegerMap(name) { function($0[0], $0[1]) }, try broadcast(try asInteger(a), to: shape),
      try broadcast(try asInteger(b), to: shape))
  }

  /// `function` of each row along `axis`; other axes than the last are brought there and back.
  package mutating func apply(_ function: RowFunction, _ x: Value, axis: Int) throws(ModelError) -> Value {
    let x = try asFloat(x)
    let last = x.shape.rank - 1
    guard axis != last else { return try addOne(RowWise(function), x) }
    var order = Array(0...last)
    order.swapAt(axis, last)
    let rows = try addOne(RowWise(function), try transpose(x, order))
    return try transpose(rows, order)
  }

  /// `axes` reduced by `function`.
  package mutating func reduce(
    _ function: ReductionFunction, _ x: Value, axes: [Int], keepDims: Bool = false
  ) throws(ModelError) -> Value {
    let isWhole = function.keepsIntegers && x.dataType == .int32
    var result = try mergeAxes(isWhole ? x : try asFloat(x), axes)
    if let axis = axes.min() { result = try addOne(Reduce(function, axis: axis), result) }
    let shape = x.shape.indices.compactMap { axis in
      axes.contains(axis) ? (keepDims ? 1 : nil) : x.shape[axis]
    }
    return try reshape(result, to: Shape(shape))
  }

  /// Brings `axes` together, in order, at the place of the first, as one axis.
  private mutating func mergeAxes(_ x: Value, _ axes: [Int]) throws(ModelError) -> Value {
    let sorted = axes.sorted()
    guard let first = sorted.first, axes.count > 1 else { return x }
    let others = x.shape.indices.filter { !axes.contains($0) }
    let (before, after) = (others.filter { $0 < first }, others.filter { $0 > first })
    let moved = try transpose(x, before + sorted + after)
    let merged = sorted.reduce(1) { $0 * x.shape[$1] }
    return try reshape(moved, to: Shape(before.map { x.shape[$0] } + [merged] + after.map { x.shape[$0] }))
  }

  /// `x` as float32.
  public mutating func asFloat(_ x: Value) throws(ModelError) -> Value {
    if let number = truths[x.id] { return number }
    return try converted(x, to: .float32)
  }

  /// `x` as int32.
  public mutating func asInteger(_ x: Value) throws(ModelError) -> Value { try converted(x, to: .int32) }

  private mutating func converted(_ x: Value, to dataType: DataType) throws(ModelError) -> Value {
    guard x.dataType != dataType else { return x }
    guard let constant = graph.constant(x.id), x.dataType != .string else { return try addOne(Cast(to: dataType), x) }
    return self.constant(
      constants.constant("\(constant.key) as \(dataType)") { constant.tensor.converted(to: dataType) })
  }

  /// Truth values, 1 and 0, as int32: what Keras calls bool.
  package mutating func asTruth(_ x: Value) throws(ModelError) -> Value {
    let truth = try asInteger(x)
    if x.dataType == .float32 { truths[truth.id] = x }
    return truth
  }

  /// Whether `x` came from ``asTruth(_:)``.
  package func isTruth(_ x: Value) -> Bool { truths[x.id] != nil }
}

// MARK: - Shape

extension GraphBuilder {
  /// The same elements under another shape. Costs nothing at run time.
  public mutating func reshape(_ x: Value, to shape: Shape) throws(ModelError) -> Value {
    x.shape == shape ? x : try addOne(Reshape(shape), x)
  }

  /// Axis `a` of the result is axis `order[a]` of `x`.
  public mutating func transpose(_ x: Value, _ order: [Int]) throws(ModelError) -> Value {
    guard order.sorted() == Array(x.shape.indices) else {
      throw ModelError(.malformedConfig, "", "expected an order of the axes of \(x.shape). Received: \(order)")
    }
    guard order != order.sorted() else { return x }
    let (shape, strides) = (x.shape, x.shape.strides)
    let target = Shape(order.map { shape[$0] })
    // Axes of extent 1 may move freely: if the others keep their order nothing moves in memory.
    let moving = order.filter { shape[$0] != 1 }
    if moving == moving.sorted() { return try reshape(x, to: target) }
    let layout = StridedLayout(extents: target.dimensions, strides: order.map { strides[$0] })
    return try addOne(Rearrange(name: "transpose", shape: target, layout: layout), x)
  }

  /// Every `step`-th index from `start`, `count` of them, along `axis`; a negative step walks backwards.
  public mutating func slice(
    _ x: Value, axis: Int, start: Int, count: Int, step: Int = 1
  ) throws(ModelError) -> Value {
    guard start != 0 || step != 1 || count != x.shape[axis] else { return x }
    var dimensions = x.shape.dimensions
    var strides = x.shape.strides
    dimensions[axis] = count
    let offset = count == 0 ? 0 : start * strides[axis]
    if count > 1 { strides[axis] *= step }
    let layout = StridedLayout(extents: dimensions, strides: strides, offset: offset)
    return try addOne(Rearrange(name: "slice", shape: Shape(dimensions), layout: layout), x)
  }

  /// `x` with `axis` in reverse.
  public mutating func reverse(_ x: Value, axis: Int) throws(ModelError) -> Value {
    x.shape[axis] < 2 ? x : try slice(x, axis: axis, start: x.shape[axis] - 1, count: x.shape[axis], step: -1)
  }

  /// `x` stretched to `shape` by NumPy's rule.
  public mutating func broadcast(_ x: Value, to shape: Shape) throws(ModelError) -> Value {
    guard try Shape.broadcast(x.shape, shape) == shape else {
      throw ModelError(.shapeMismatch, "", "cannot broadcast \(x.shape) to \(shape)")
    }
    guard x.shape.elementCount != shape.elementCount else { return try reshape(x, to: shape) }
    let layout = StridedLayout(broadcasting: x.shape, to: shape)
    return try addOne(Rearrange(name: "broadcast", shape: shape, layout: layout), x)
  }

  /// Each element along `axis` repeated `count` times in place.
  public mutating func repeatElements(_ x: Value, axis: Int, count: Int) throws(ModelError) -> Value {
    var dimensions = x.shape.dimensions
    let split = try reshape(x, to: Shape(dimensions[...axis] + [1] + dimensions[(axis + 1)...]))
    var stretched = split.shape.dimensions
    stretched[axis + 1] = count
    let repeated = try broadcast(split, to: try Shape(validating: stretched))
    dimensions[axis] *= count
    return try reshape(repeated, to: Shape(dimensions))
  }

  /// A border of `value` around `x`.
  public mutating func pad(
    _ x: Value, before: [Int], after: [Int], value: Float = 0
  ) throws(ModelError) -> Value {
    guard (before + after).contains(where: { $0 != 0 }) else { return x }
    return try addOne(Pad(before: before, after: after, value: value), x)
  }

  /// `x` without `before[a]` cells at the start and `after[a]` at the end of each axis.
  package mutating func crop(_ x: Value, before: [Int], after: [Int]) throws(ModelError) -> Value {
    guard (before + after).contains(where: { $0 != 0 }) else { return x }
    let strides = x.shape.strides
    let extents = try Shape(validating: x.shape.indices.map { x.shape[$0] - before[$0] - after[$0] })
    let offset = extents.elementCount == 0 ? 0 : zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 }
    let layout = StridedLayout(extents: extents.dimensions, strides: strides, offset: offset)
    return try addOne(Rearrange(name: "crop", shape: extents, layout: layout), x)
  }

  /// `x` with `count` cells along `axis`, each made of a run of its cells as `cell` says.
  package mutating func resample(
    _ x: Value, axis: Int, to count: Int, _ function: ResamplingFunction = .sum,
    cell: (Int) -> ResamplingTable.Cell
  ) throws(ModelError) -> Value {
    guard x.shape[axis] > 0, count <= ResamplingTable.largestCount else {
      throw ModelError(
        .shapeMismatch, "",
        "expected 1 to \(ResamplingTable.largestCount) cells along axis \(axis). Received: \(x.shape) to \(count)")
    }
    let table = ResamplingTable((0..<count).map(cell))
    return try addOne(Resample(axis: axis, table: table, function: function), try asFloat(x))
  }

  /// Values one after another along `axis`.
  public mutating func concatenate(_ values: [Value], axis: Int) throws(ModelError) -> Value {
    guard values.count != 1 else { return values[0] }
    let isInteger = values.allSatisfy { $0.dataType == .int32 }
    var aligned: [Value] = []
    for value in values { aligned.append(isInteger ? value : try asFloat(value)) }
    return try add(Concatenate(axis: axis), aligned)[0]
  }

  /// Rows of `table` by number.
  public mutating func gather(_ table: Value, indices: Value) throws(ModelError) -> Value {
    try addOne(Gather(), table, try asInteger(indices))
  }
}
