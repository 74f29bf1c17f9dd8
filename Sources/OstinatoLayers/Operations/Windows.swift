import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations that slide windows: convolutions by constant kernels, and pooling.
let windowOperations: [String: OperationLowering] = [
  "MaxPool": lowerPool(.maximum), "AveragePool": lowerPool(.average),
  "AdaptiveMaxPool": lowerAdaptivePool([
    AdaptiveMaxPooling1D.self, AdaptiveMaxPooling2D.self, AdaptiveMaxPooling3D.self,
  ]),
  "AdaptiveAveragePool": lowerAdaptivePool([
    AdaptiveAveragePooling1D.self, AdaptiveAveragePooling2D.self, AdaptiveAveragePooling3D.self,
  ]),
  "Conv": lowerConvolution([Conv1D.self, Conv2D.self, Conv3D.self], ["kernel"]) { kernels, channels in
    let shape = kernels[0].shape
    return ["filters": shape[shape.rank - 1], "groups": channels / max(shape[shape.rank - 2], 1)]
  },
  "ConvTranspose": lowerConvolution(
    [Conv1DTranspose.self, Conv2DTranspose.self, Conv3DTranspose.self], ["kernel"]
  ) { kernels, _ in ["filters": kernels[0].shape[kernels[0].shape.rank - 2]] },
  "DepthwiseConv": lowerConvolution([DepthwiseConv1D.self, DepthwiseConv2D.self], ["kernel"]) { kernels, _ in
    ["depth_multiplier": kernels[0].shape[kernels[0].shape.rank - 1]]
  },
  "SeparableConv": lowerConvolution(
    [SeparableConv1D.self, SeparableConv2D.self], ["depthwise_kernel", "pointwise_kernel"]
  ) { kernels, _ in
    [
      "depth_multiplier": kernels[0].shape[kernels[0].shape.rank - 1],
      "filters": kernels[1].shape[kernels[1].shape.rank - 1],
    ]
  },
]

extension OperationCall {
  /// The layer that does what the operation does to inputs of `rank` spatial axes.
  fileprivate func layer(
    _ kinds: [any Layer.Type], rank: Int, _ settings: [String: JSONValue]
  ) throws(ModelError) -> any Layer {
    guard (1...kinds.count).contains(rank) else {
      throw failure("inputs", expected: "1 to \(kinds.count) spatial axes")
    }
    let given = self.settings.filter { !$0.value.isNull }.merging(settings) { $1 }
    return try kinds[rank - 1].init(config: LayerConfig(given, subject: "", context: DecodingContext()))
  }
}

/// A convolution as the layer of the same name does it, its kernels as weights.
/// - Parameter arguments: what the layer is told of the kernels and the number of channels.
private func lowerConvolution(
  _ kinds: [any Layer.Type], _ kernels: [String],
  _ arguments: @escaping @Sendable ([Tensor], Int) -> [String: Int]
) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("inputs", 0, &graph)
    let rank = x.shape.rank - 2
    var weights: [Tensor] = []
    for (place, name) in kernels.enumerated() {
      let value = try graph.asFloat(try call.value(name, 1 + place, &graph))
      guard let kernel = graph.tensor(of: value), kernel.shape.rank == x.shape.rank else {
        throw call.failure(name, expected: "a constant of rank \(x.shape.rank)")
      }
      weights.append(kernel)
    }
    let isFirst = call.constant("data_format", 9)?.string == "channels_first"
    var settings = arguments(weights, x.shape[isFirst ? 1 : rank + 1]).mapValues(JSONValue.int)
    settings["kernel_size"] = JSONValue(Array(weights[0].shape.prefix(max(rank, 0))))
    settings["use_bias"] = .bool(false)
    let layer = try call.layer(kinds, rank: rank, settings)
    _ = try layer.outputShapes(for: [SymbolicShape(x.shape)])
    for (weight, variable) in zip(weights, try layer.variables(for: [SymbolicShape(x.shape)])) {
      guard variable.shape.admits(weight.shape) else {
        throw call.failure(variable.name, expected: "of shape \(variable.shape)")
      }
    }
    return try layer.lower(LayerCall(inputs: [x], weights: LayerWeights(variables: weights)), into: &graph)
  }
}

private func lowerAdaptivePool(_ kinds: [any Layer.Type]) -> OperationLowering {
  { call, graph throws(ModelError) in
    let x = try call.value("inputs", 0, &graph)
    let layer = try call.layer(kinds, rank: x.shape.rank - 2, [:])
    _ = try layer.outputShapes(for: [SymbolicShape(x.shape)])
    return try layer.lower(LayerCall(inputs: [x], weights: LayerWeights()), into: &graph)
  }
}

private func lowerPool(_ function: PoolingFunction) -> OperationLowering {
  lowerUnary("inputs") { graph, x, call throws(ModelError) in
    let rank = x.shape.rank - 2
    let format = call.constant("data_format", 4)?.string ?? "channels_last"
    guard (1...3).contains(rank), let padding = Padding(rawValue: call.constant("padding", 3)?.string ?? "valid"),
      padding != .causal, let dataFormat = DataFormat(rawValue: format)
    else { throw call.failure("padding", expected: "'valid' or 'same', for one to three axes") }
    let size = try call.extents("pool_size", 1, count: rank)
    let strides = call.isGiven("strides", 2) ? try call.extents("strides", 2, count: rank) : size
    let window = SlidingWindow(kernel: size, strides: strides, padding: padding)
    return try graph.withChannelsLast(try graph.asFloat(x), dataFormat) { last, graph throws(ModelError) in
      try graph.addOne(Pool(function, geometry: window.geometry(for: Array(last.shape[1...rank]))), last)
    }
  }
}
