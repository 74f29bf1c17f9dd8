import OstinatoTensors

/// A transposed convolution ⇒ a convolution for each phase of its strides, and their outputs interleaved.
///
/// Output cells that lie a stride apart see the same taps of the kernel, every stride-th one: to them the transpose is a
/// convolution of stride 1. So it has as many products as the transpose has, and the kernels that convolutions have.
struct SplitTransposed: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    var nodes: [Graph.Node] = []
    for node in graph.nodes {
      if let transposed = node.operation as? TransposedConvolution, let kernel = graph.constant(node.inputs[1]),
        let phases = Phase.all(of: transposed, input: graph.types[node.inputs[0]].shape)
      {
        nodes += try split(node, transposed, kernel, phases, &graph, constants)
      } else {
        nodes.append(node)
      }
    }
    graph.nodes = nodes
  }

  private func split(
    _ node: Graph.Node, _ transposed: TransposedConvolution, _ kernel: Constant, _ phases: [[Phase]],
    _ graph: inout Graph, _ constants: PreparedConstants
  ) throws(ModelError) -> [Graph.Node] {
    var convolutions: [Graph.Node] = []
    for phase in phases {
      var convolution = Convolution(geometry: WindowGeometry(phase))
      convolution.epilogue = transposed.epilogue
      var inputs = node.inputs
      inputs[1] = graph.add(kernel.taps(of: phase, constants))
      convolutions.append(try graph.makeNode(convolution, inputs, for: node.layer))
    }
    if phases.count == 1 {
      convolutions[0].outputs = node.outputs
      return convolutions
    }
    let interleave = Interleave(strides: transposed.geometry.strides, extents: transposed.outputExtents)
    let outputs = convolutions.map { $0.outputs[0] }
    return convolutions
      + [Graph.Node(operation: interleave, inputs: outputs, outputs: node.outputs, layer: node.layer)]
  }
}

/// What the output cells along one axis have in common that lie a stride apart.
private struct Phase {
  /// The taps of the kernel that they see, in the order of the input cells.
  let taps: [Int]
  let dilation: Int
  let padding: WindowGeometry.Padding

  /// One for each axis, for each combination of places, the last axis fastest. Nil where one has no taps or would begin
  /// within the input, and where a residual would have to be taken apart.
  static func all(of transposed: TransposedConvolution, input: Shape) -> [[Phase]]? {
    let geometry = transposed.geometry
    guard !transposed.epilogue.hasResidual || geometry.strides.allSatisfy({ $0 == 1 }) else { return nil }
    var combinations: [[Phase]] = [[]]
    for axis in 0..<geometry.rank {
      let phases = (0..<geometry.strides[axis]).compactMap { place in
        Phase(geometry, axis, place: place, input: input[axis + 1], output: transposed.outputExtents[axis])
      }
      guard phases.count == geometry.strides[axis] else { return nil }
      combinations = combinations.flatMap { combination in phases.map { combination + [$0] } }
    }
    return combinations
  }

  /// The cells `place`, `place + stride`, … of `output`. Cell o sees input cell i through tap t where
  /// `o + padding = i · stride + t · dilation`.
  private init?(_ geometry: WindowGeometry, _ axis: Int, place: Int, input: Int, output: Int) {
    let (stride, dilation) = (geometry.strides[axis], geometry.dilation[axis])
    guard stride == 1 || dilation == 1, place < output else { return nil }
    let (cell, first) = (place + geometry.padding[axis].before).quotientAndRemainder(dividingBy: stride)
    self.taps = Swift.stride(from: first, to: geometry.kernel[axis], by: stride).reversed()
    self.dilation = dilation
    let count = (output - place + stride - 1) / stride
    self.padding = .init(before: (taps.count - 1) * dilation - cell, after: count + cell - input)
    guard !taps.isEmpty, padding.before >= 0, padding.after >= 0 else { return nil }
  }
}

extension WindowGeometry {
  fileprivate init(_ phases: [Phase]) {
    self.init(
      kernel: phases.map(\.taps.count), strides: phases.map { _ in 1 }, dilation: phases.map(\.dilation),
      padding: phases.map(\.padding))
  }
}

extension Constant {
  /// Of a kernel `(spatial…, channels, filters)`, the taps that a phase sees.
  fileprivate func taps(of phase: [Phase], _ constants: PreparedConstants) -> Constant {
    let (extents, matrix) = (Array(type.shape.dropLast(2)), type.shape.dimensions.suffix(2))
    let places = zip(phase, extents).reduce([0]) { places, axis in
      places.flatMap { place in axis.0.taps.map { place * axis.1 + $0 } }
    }
    return constants.blocks(places, of: self, as: Shape(phase.map(\.taps.count) + matrix))
  }
}
