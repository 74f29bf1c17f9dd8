import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations of neural networks: activations, normalisations and pooling.
let networkOperations: [String: OperationLowering] =
  activationOperations.mapValues(lowerActivation).merging(argumentOperations) { $1 }.merging(windowOperations) { $1 }

/// The functions that have no arguments, by their operations' class names.
let activationOperations: [String: ActivationFunction] = [
  "Relu": .relu, "Relu6": .relu6, "Sigmoid": .sigmoid, "Silu": .silu, "Softplus": .softplus, "Softsign": .softsign,
  "SparsePlus": .sparsePlus, "SparseSigmoid": .sparseSigmoid, "LogSigmoid": .logSigmoid, "HardSigmoid": .hardSigmoid,
  "HardSilu": .hardSilu, "HardTanh": .hardTanh, "TanhShrink": .tanhShrink, "Selu": .selu, "Mish": .mish,
]

private func lowerActivation(_ function: ActivationFunction) -> OperationLowering {
  { call, graph throws(ModelError) in [try function.lower(try call.value("x", 0, &graph), into: &graph)] }
}

/// An activation made from the operation's first argument.
private func lowerActivation(
  _ name: String, _ fallback: Double, _ make: @escaping @Sendable (Float) -> ActivationFunction
) -> OperationLowering {
  { call, graph throws(ModelError) in
    let argument = Float(call.constant(name, 1)?.double ?? fallback)
    return [try make(argument).lower(try call.value("x", 0, &graph), into: &graph)]
  }
}

/// A function of each row along one axis.
private func lowerRows(_ function: RowFunction) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let axes = try (call.ints("axis", 1) ?? [-1]).map { axis throws(ModelError) in try x.shape.axis(axis) }
    if axes.contains(0) { graph.mixBatch() }
    return [
      try graph.alongAxes(axes, of: try graph.asFloat(x)) { graph, rows throws(ModelError) in
        try graph.apply(function, rows, axis: rows.shape.rank - 1)
      }
    ]
  }
}

private let argumentOperations: [String: OperationLowering] = [
  "Softmax": lowerRows(.softmax), "LogSoftmax": lowerRows(.logSoftmax), "Sparsemax": lowerRows(.sparsemax),
  "LeakyRelu": lowerActivation("negative_slope", 0.2) { .leakyReLU(negativeSlope: $0) },
  "Elu": lowerActivation("alpha", 1) { .elu(alpha: $0) }, "Celu": lowerActivation("alpha", 1) { .celu(alpha: $0) },
  "HardShrink": lowerActivation("threshold", 0.5) { .hardShrink(threshold: $0) },
  "SoftShrink": lowerActivation("threshold", 0.5) { .softShrink(threshold: $0) },
  "Squareplus": lowerActivation("b", 4) { .squareplus(b: $0) },
  "Gelu": { call, graph throws(ModelError) in
    let function = ActivationFunction.gelu(approximate: call.bool("approximate", 1, default: true))
    return [try function.lower(try call.value("x", 0, &graph), into: &graph)]
  },
  "Glu": { call, graph throws(ModelError) in
    let function = ActivationFunction.glu(axis: try call.ints("axis", 1)?.first ?? -1)
    return [try function.lower(try call.value("x", 0, &graph), into: &graph)]
  },
  "Threshold": { call, graph throws(ModelError) in
    let (limit, value) = (call.constant("threshold", 1)?.double ?? 0, call.constant("default_value", 2)?.double ?? 0)
    return [try graph.apply(.threshold(Float(limit), value: Float(value)), try call.value("x", 0, &graph))]
  },
  "Normalize": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    guard try call.ints("order", 2)?.first ?? 2 == 2 else { throw call.failure("order", expected: "2") }
    let axes = try call.axes("axis", 1, of: x.shape)
    if axes.contains(0) { graph.mixBatch() }
    return [try graph.normalize(.length(floor: Float(call.constant("epsilon", 3)?.double ?? 1e-7)), x, axes: axes)]
  },
]

private let windowOperations: [String: OperationLowering] = [
  "MaxPool": lowerPool(.maximum), "AveragePool": lowerPool(.average),
]

private func lowerPool(_ function: PoolingFunction) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("inputs", 0, &graph)
    let rank = x.shape.rank - 2
    let format = call.constant("data_format", 4)?.string ?? "channels_last"
    guard (1...3).contains(rank), let padding = Padding(rawValue: call.constant("padding", 3)?.string ?? "valid"),
      padding != .causal, let dataFormat = DataFormat(rawValue: format)
    else { throw call.failure("padding", expected: "'valid' or 'same', for one to three axes") }
    let size = try call.extents("pool_size", 1, count: rank)
    let strides = call.isGiven("strides", 2) ? try call.extents("strides", 2, count: rank) : size
    let window = SlidingWindow(kernel: size, strides: strides, padding: padding)
    let isFirst = dataFormat == .channelsFirst
    let last = isFirst ? try graph.transpose(x, [0] + Array(2..<rank + 2) + [1]) : x
    let geometry = window.geometry(for: Array(last.shape[1...rank]))
    let pooled = try graph.addOne(Pool(function, geometry: geometry), try graph.asFloat(last))
    return [isFirst ? try graph.transpose(pooled, [0, rank + 1] + Array(1...rank)) : pooled]
  }
}
