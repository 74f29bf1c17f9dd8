import OstinatoGraph
import OstinatoTensors

/// What `Conv1DTranspose`, `Conv2DTranspose` and `Conv3DTranspose` have in common; they differ in the number of spatial
/// axes.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, spatial′…, filters)`, or both with the channels first. The
///   extents are those of the input of a convolution that gives the input's; `outputPadding` chooses among them.
/// - Lowering: one transposed convolution on channels-last data; bias and activation run in its epilogue.
/// - Reference: `keras/src/layers/convolutional/base_conv_transpose.py`, `keras/src/backend/common/backend_utils.py`.
public protocol TransposedConvolutionLayer: SpatialLayer {
  /// The number of output channels.
  var filters: Int { get }
  /// Cells added at the end of each spatial axis; nil for as many as give the input's extent times the stride.
  var outputPadding: [Int]? { get }
  /// What all convolution layers take.
  var arguments: ConvolutionArguments { get }
}

extension LayerConfig {
  /// The arguments of a transposed convolution of `rank` spatial axes, its filters and output padding.
  func transposedConvolution(
    rank: Int
  ) throws(ModelError) -> (arguments: ConvolutionArguments, filters: Int, outputPadding: [Int]?) {
    let arguments = try ConvolutionArguments(config: self, rank: rank)
    if arguments.padding == .causal { throw failure("padding", expected: "'valid' or 'same'") }
    if arguments.stridesAndDilates {
      throw failure("strides", expected: "1 where dilation_rate=\(arguments.dilationRate)")
    }
    var padding = try optionalInts("output_padding")
    if let cells = padding, cells.count == 1 { padding = [Int](repeating: cells[0], count: rank) }
    if let cells = padding {
      guard cells.count == rank, zip(cells, arguments.strides).allSatisfy({ (0..<$1).contains($0) }) else {
        throw failure("output_padding", expected: "less than strides=\(arguments.strides)")
      }
    }
    return (arguments, try positiveInt("filters"), padding)
  }
}

extension TransposedConvolutionLayer {
  public var dataFormat: DataFormat { arguments.dataFormat }

  public var config: [String: JSONValue] {
    arguments.config.adding([
      "filters": .int(filters), "output_padding": outputPadding.map { JSONValue($0) } ?? .null,
    ])
  }

  /// Cells from the first to the last tap along `axis`.
  private func span(_ axis: Int) -> Int { (arguments.kernelSize[axis] - 1) * arguments.dilationRate[axis] + 1 }

  /// The extent that `extent` cells along `axis` cover, before anything is cropped or added.
  private func reach(_ axis: Int, _ extent: Int) -> Int { (extent - 1) * arguments.strides[axis] + span(axis) }

  private func output(_ axis: Int, _ extent: Int) -> Int {
    let stride = arguments.strides[axis]
    switch (arguments.padding, outputPadding?[axis]) {
    case (.same, nil): return extent * stride
    case (.same, let padding?): return (extent - 1) * stride + span(axis) % 2 + padding
    case (_, let padding): return reach(axis, extent) + (padding ?? max(stride - span(axis), 0))
    }
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs, channels: filters) { input in
      input.enumerated().map { axis, extent in extent.map { output(axis, $0) } }
    }
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let kernel = SymbolicShape(arguments.kernelSize + [filters, try channelsLast(inputs)[-1]])
    return [Variable("kernel", kernel, arguments.kernelInitializer)] + arguments.bias(filters)
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let kernel = try graph.constant("kernel") { () throws(ModelError) in
      call.weights.variables[0].swappingLastAxes()
    }
    let bias = arguments.useBias ? try graph.weight("bias", 1, of: call) : nil
    let extents = try outputExtents(for: call)
    let output = try graph.withChannelsLast(call.input, dataFormat) { x, graph throws(ModelError) in
      try graph.convolveTransposed(
        x, kernel: kernel, bias: bias, geometry: geometry(for: Array(x.shape[1...Self.rank]), output: extents),
        outputExtents: extents)
    }
    return [try arguments.activation.lower(output, into: &graph)]
  }

  /// The window of the convolution that takes extents `output` to `input`. What lies beyond the output is cropped, the
  /// odd cell at the end.
  private func geometry(for input: [Int], output: [Int]) -> WindowGeometry {
    let padding = input.indices.map { axis -> WindowGeometry.Padding in
      let crop = arguments.padding == .same ? max(reach(axis, input[axis]) - output[axis], 0) : 0
      return .init(before: crop / 2, after: crop - crop / 2)
    }
    return WindowGeometry(
      kernel: arguments.kernelSize, strides: arguments.strides, dilation: arguments.dilationRate, padding: padding)
  }
}

extension Tensor {
  /// The matrices of the last two axes, transposed.
  fileprivate func swappingLastAxes() -> Tensor {
    let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let values = floats
    let swapped = values.indices.map { index in
      let (matrix, place) = index.quotientAndRemainder(dividingBy: rows * columns)
      return values[matrix * rows * columns + place % rows * columns + place / rows]
    }
    return Tensor(swapped, shape: Shape(shape.dropLast(2) + [columns, rows]))
  }
}
