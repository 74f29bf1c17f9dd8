import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations that bring values to a common mean and size, and attention.
let normalizingOperations: [String: OperationLowering] = [
  "Normalize": lowerUnary { graph, x, call throws(ModelError) in
    let axes = try call.axes("axis", 1, of: x.shape)
    graph.mixBatch(along: axes, of: x)
    let floor = Float(call.constant("epsilon", 3)?.double ?? 1e-7)
    guard let order = call.numbers("order", 2)?.first, order != 2 else {
      return try graph.normalize(.length(floor: floor), x, axes: axes)
    }
    let powers = try graph.combine(.power, try graph.apply(.absolute, x), try graph.scalar(Float(order)))
    let sum = try graph.reduce(.sum, powers, axes: axes, keepDims: true)
    let length = try graph.combine(.power, sum, try graph.scalar(Float(1 / order)))
    return try graph.combine(.divide, x, try graph.combine(.maximum, length, try graph.scalar(floor)))
  },
  "LayerNorm": lowerUnary { graph, x, call throws(ModelError) in
    let epsilon = Float(call.constant("epsilon", 9)?.double ?? 1e-7)
    let scales = call.bool("rms_scaling", 9, default: false)
    let axes = try call.normalizedAxes(of: x)
    graph.mixBatch(along: axes, of: x)
    let normal = try graph.normalize(scales ? .deviation(epsilon: epsilon) : .standard(epsilon: epsilon), x, axes: axes)
    let scaled = try graph.combine(.multiply, normal, parameter: "gamma", 1, axes, call)
    return scales ? scaled : try graph.combine(.add, scaled, parameter: "beta", 2, axes, call)
  },
  "RMSNorm": lowerUnary { graph, x, call throws(ModelError) in
    let epsilon = Float(call.constant("epsilon", 9)?.double ?? 1e-7)
    let axes = try call.normalizedAxes(of: x)
    graph.mixBatch(along: axes, of: x)
    let normal = try graph.normalize(.rootMeanSquare(epsilon: epsilon), x, axes: axes)
    guard call.isGiven("scale", 1) else { return normal }
    let scale = try call.value("scale", 1, &graph)
    graph.mixBatchUnlessAligned([normal, scale])
    return try graph.combine(.multiply, normal, scale)
  },
  "BatchNorm": lowerUnary { graph, x, call throws(ModelError) in
    let axis = try x.shape.axis(try call.ints("axis", 9)?.first ?? -1)
    let centered = try graph.combine(.subtract, x, parameter: "mean", 1, [axis], call)
    let variance = try call.value("variance", 2, &graph)
    let epsilon = Float(call.constant("epsilon", 9)?.double ?? 1e-3)
    let deviation = try graph.apply(.squareRoot, try graph.apply(.affine(scale: 1, offset: epsilon), variance))
    let normal = try graph.combine(.divide, centered, try graph.align(deviation, with: x.shape, along: [axis]))
    let scaled = try graph.combine(.multiply, normal, parameter: "scale", 4, [axis], call)
    return try graph.combine(.add, scaled, parameter: "offset", 3, [axis], call)
  },
  "DotProductAttention": { call, graph throws(ModelError) in
    var heads: [Value] = []
    for (place, name) in ["query", "key", "value"].enumerated() {
      let value = try call.value(name, place, &graph)
      guard value.shape.rank == 4 else { throw call.failure(name, expected: "(batch, length, heads, dim)") }
      heads.append(try graph.transpose(value, [0, 2, 1, 3]))
    }
    return [try graph.attend(heads, call)]
  },
]

extension OperationCall {
  fileprivate func normalizedAxes(of x: Value) throws(ModelError) -> [Int] {
    try (ints("axis", 9) ?? [-1]).map { axis throws(ModelError) in try x.shape.axis(axis) }.sorted()
  }
}

extension GraphBuilder {
  /// `x` and a parameter of the extents of `axes`; `x` where the call has none.
  fileprivate mutating func combine(
    _ function: BinaryFunction, _ x: Value, parameter name: String, _ place: Int, _ axes: [Int], _ call: OperationCall
  ) throws(ModelError) -> Value {
    guard call.isGiven(name, place) else { return x }
    let parameter = try align(try call.value(name, place, &self), with: x.shape, along: axes)
    mixBatchUnlessAligned([x, parameter])
    return try combine(function, x, parameter)
  }

  /// A parameter of the extents of `axes`, so that it broadcasts against `shape`.
  fileprivate mutating func align(
    _ parameter: Value, with shape: Shape, along axes: [Int]
  ) throws(ModelError) -> Value {
    guard parameter.shape.rank < shape.rank, axes != [shape.rank - 1] else { return parameter }
    return try reshape(parameter, to: Shape(shape.indices.map { axes.contains($0) ? shape[$0] : 1 }))
  }

  /// Attention of query, key and value `(batch, heads, length, dim)`, as `(batch, length, heads, dim)`.
  fileprivate mutating func attend(_ heads: [Value], _ call: OperationCall) throws(ModelError) -> Value {
    let (query, groups) = (heads[0], heads[0].shape[1] / max(heads[1].shape[1], 1))
    let key = try repeatElements(heads[1], axis: 1, count: max(groups, 1))
    let value = try repeatElements(heads[2], axis: 1, count: max(groups, 1))
    mixBatchUnlessAligned([query, key, value])
    let scale = call.constant("scale", 5)?.double ?? 1 / Double(max(key.shape[3], 1)).squareRoot()
    var scores = try apply(
      .affine(scale: Float(scale), offset: 0), try matmul(query, key, transposeB: true))
    if call.isGiven("bias", 3) {
      let bias = try call.value("bias", 3, &self)
      mixBatchUnlessAligned([scores, bias])
      scores = try combine(.add, scores, bias)
    }
    let isCausal = call.bool("is_causal", 9, default: false)
    for mask in [
      try call.isGiven("mask", 4) ? call.value("mask", 4, &self) : nil,
      try isCausal ? causalMask(query.shape[2], key.shape[2]) : nil,
    ] {
      guard let mask else { continue }
      mixBatchUnlessAligned([scores, mask])
      scores = try select(mask, scores, try scalar(-0.7 * Float.greatestFiniteMagnitude))
    }
    let weights = try apply(.softmax, scores, axis: 3)
    return try transpose(try matmul(weights, value), [0, 2, 1, 3])
  }
}
