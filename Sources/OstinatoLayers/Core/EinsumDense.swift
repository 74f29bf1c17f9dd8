import OstinatoGraph
import OstinatoTensors

/// A dense layer whose axes an einsum equation lays out: `activation(einsum(equation, x, kernel) + bias)`.
///
/// - Input: `(batch, …)` with an axis for each letter of the equation's first term; output: one for each of its last.
/// - Lowering: one gemm where the equation sums over the input's last axes, else an einsum and a sum.
/// - Reference: `keras/src/layers/core/einsum_dense.py`.
public struct EinsumDense: Layer {
  public static let className = "EinsumDense"
  public var options: LayerOptions
  public let equation: String
  /// The extents of the output after the batch and after what `...` stands for; nil for those of the input.
  public let outputShape: [Int?]
  public let activation: ActivationFunction
  /// The letters of the output that have a bias each.
  public let biasAxes: String?

  /// - Parameters:
  ///   - equation: `abc,cd->abd`; `...` may stand for axes at the start or at the end.
  ///   - outputShape: the output's extents without the batch and without what `...` stands for.
  ///   - biasAxes: the letters of the output along which there is a bias; nil for none.
  public init(
    _ equation: String, outputShape: [Int?], activation: ActivationFunction = .linear, biasAxes: String? = nil,
    name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.equation = equation
    self.outputShape = outputShape
    self.activation = activation
    self.biasAxes = biasAxes
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    guard let equation = try config.optionalString("equation") else {
      throw config.failure("equation", expected: "an einsum equation")
    }
    self.equation = equation
    var members = config.members
    if let extent = members["output_shape"]?.int { members["output_shape"] = .array([.int(extent)]) }
    guard let shape = try config.replacing(members).optionalShape("output_shape") else {
      throw config.failure("output_shape", expected: "the extents of the output")
    }
    self.outputShape = shape.dimensions
    self.activation = try config.activation()
    self.biasAxes = try config.optionalString("bias_axes")
  }

  public var config: [String: JSONValue] {
    [
      "equation": .string(equation), "output_shape": .array(outputShape.map { $0.map(JSONValue.int) ?? .null }),
      "activation": activation.config, "bias_axes": biasAxes.map(JSONValue.string) ?? .null,
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let axes = try EinsumAxes(self, try onlyInput(inputs))
    return [SymbolicShape(axes.equation.output.map { axes.extents[$0] ?? nil })]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let axes = try EinsumAxes(self, try onlyInput(inputs))
    let kernel = Variable(
      "kernel", SymbolicShape(axes.equation.inputs[1].map { axes.extents[$0] ?? nil }), .glorotUniform)
    guard let biasAxes else { return [kernel] }
    return [kernel, Variable("bias", try axes.biasShape(biasAxes), .zeros)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let axes = try EinsumAxes(self, SymbolicShape(call.input.shape))
    if axes.equation.output.first != axes.equation.inputs[0].first { graph.mixBatch() }
    let kernel = try graph.weight("kernel", 0, of: call)
    let bias = biasAxes == nil ? nil : try graph.weight("bias", 1, of: call)
    let summed = axes.summedByDense
    let columns = kernel.shape.dropFirst(summed).reduce(1, *)
    if summed > 0, bias.map({ $0.shape.elementCount == columns }) ?? true {
      let kept = axes.equation.output.count - (kernel.shape.rank - summed)
      let x = call.input.shape
      let rows = Shape(x.dropLast(summed) + [x.suffix(summed).reduce(1, *)])
      let matrix = try graph.rearranged(
        kernel, Array(kernel.shape.indices), to: [kernel.shape.prefix(summed).reduce(1, *), columns])
      let row = try bias.map { bias throws(ModelError) in
        try graph.rearranged(bias, Array(bias.shape.indices), to: [columns])
      }
      let product = try graph.gemm(try graph.reshape(call.input, to: rows), kernel: matrix, bias: row)
      let shape = Shape(Array(x.prefix(kept)) + Array(kernel.shape.dropFirst(summed)))
      // An elementwise function goes into the product's epilogue; another looks at an axis of the output's own shape.
      guard let elementwise = activation.elementwise else {
        return [try activation.lower(try graph.reshape(product, to: shape), into: &graph)]
      }
      return [try graph.reshape(try graph.apply(elementwise, product), to: shape)]
    }
    var output = try graph.einsum(equation, [call.input, kernel])
    if let bias { output = try graph.combine(.add, output, bias) }
    return [try activation.lower(output, into: &graph)]
  }
}

/// What the letters of an EinsumDense stand for, given its input. Source: `_analyze_split_string`.
private struct EinsumAxes {
  let equation: EinsumEquation
  /// The extent of each letter, nil where it is not known.
  private(set) var extents: [Character: Int?] = [:]

  init(_ layer: EinsumDense, _ input: SymbolicShape) throws(ModelError) {
    let kernel = layer.equation.split(separator: ",").last?.prefix { $0 != "-" }.filter { $0 != " " } ?? ""
    equation = try EinsumEquation(layer.equation, ranks: [input.rank, kernel.count])
    for (letter, extent) in zip(equation.inputs[0], input.dimensions) { extents[letter] = .some(extent) }
    let start = layer.equation.hasPrefix("...") ? equation.output.count - layer.outputShape.count : 1
    guard start >= 0, start + layer.outputShape.count <= equation.output.count else {
      throw ModelError(.malformedConfig, "", "expected `output_shape` to fit '\(layer.equation)'")
    }
    for (letter, extent) in zip(equation.output.dropFirst(start), layer.outputShape) where extent != nil {
      extents[letter] = .some(extent)
    }
  }

  /// The shape of the bias: from its first letter on, 1 along letters that have none.
  func biasShape(_ letters: String) throws(ModelError) -> SymbolicShape {
    guard let first = equation.output.firstIndex(where: letters.contains) else {
      throw ModelError(.malformedConfig, "", "expected `bias_axes` to be letters of the output. Received: '\(letters)'")
    }
    return SymbolicShape(equation.output[first...].map { letters.contains($0) ? extents[$0] ?? nil : 1 })
  }

  /// How many of the input's last axes are summed where the equation is that of a dense layer, `F K, K N -> F N`; 0 where
  /// it is another.
  var summedByDense: Int {
    let (x, kernel) = (equation.inputs[0], equation.inputs[1])
    let summed = kernel.prefix { x.contains($0) }.count
    let isDense =
      x.suffix(summed).elementsEqual(kernel.prefix(summed))
      && equation.output == x.dropLast(summed) + kernel.dropFirst(summed)
    return isDense ? summed : 0
  }
}
