import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations of neural networks: activations.
let networkOperations: [String: OperationLowering] =
  activationOperations.mapValues(lowerActivation).merging(argumentOperations) { $1 }

/// The functions that have no arguments, by their operations' class names.
let activationOperations: [String: ActivationFunction] = [
  "Relu": .relu, "Relu6": .relu6, "Sigmoid": .sigmoid, "Silu": .silu, "Softplus": .softplus, "Softsign": .softsign,
  "SparsePlus": .sparsePlus, "SparseSigmoid": .sparseSigmoid, "LogSigmoid": .logSigmoid, "HardSigmoid": .hardSigmoid,
  "HardSilu": .hardSilu, "HardTanh": .hardTanh, "TanhShrink": .tanhShrink, "Selu": .selu,
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
    graph.mixBatch(along: axes, of: x)
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
]
