import OstinatoKernels
import OstinatoTensors

/// A convolution over three spatial axes ⇒ the sum, over the taps of the first, of convolutions over the other two.
///
/// Applies where those have a better kernel than looked-up patches. Each adds its output to that of the tap before it;
/// the first takes the bias and the residual, the last the activation.
struct SplitDepth: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    var nodes: [Graph.Node] = []
    for node in graph.nodes {
      if let volume = node.operation as? Convolution, let kernel = graph.constant(node.inputs[1]),
        paysOff(volume, kernel.type.shape, output: graph.types[node.outputs[0]].shape)
      {
        var split = Split(node, volume, kernel)
        try split.run(on: &graph, constants)
        nodes += split.nodes
      } else {
        nodes.append(node)
      }
    }
    graph.nodes = nodes
  }

  private func paysOff(_ volume: Convolution, _ kernel: Shape, output: Shape) -> Bool {
    guard volume.geometry.rank == 3, volume.groups == 1, output.elementCount > 0 else { return false }
    let plane = Convolution(geometry: volume.geometry.droppingFirst())
    let sizes = ConvolutionSizes(plane, kernel: Shape(Array(kernel.dropFirst())))
    guard let method = ChooseKernels.method(for: sizes, output: Array(output.dropFirst(2).dropLast())) else {
      return false
    }
    return !(method is IndirectConvolution.Type)
  }
}

/// One convolution taken apart.
private struct Split {
  let node: Graph.Node
  let volume: Convolution
  let kernel: Constant
  private(set) var nodes: [Graph.Node] = []

  init(_ node: Graph.Node, _ volume: Convolution, _ kernel: Constant) {
    (self.node, self.volume, self.kernel) = (node, volume, kernel)
  }

  mutating func run(on graph: inout Graph, _ constants: PreparedConstants) throws(ModelError) {
    let input = try padded(node.inputs[0], &graph)
    let (taps, plane) = (volume.geometry.kernel[0], Shape(Array(kernel.type.shape.dropFirst())))
    var sum: Int?
    for tap in 0..<taps {
      var convolution = Convolution(geometry: volume.geometry.droppingFirst())
      var inputs = [
        try planes(of: input, seenThrough: tap, &graph), graph.add(constants.blocks([tap], of: kernel, as: plane)),
      ]
      if tap == 0 {
        convolution.epilogue = volume.epilogue
        convolution.epilogue.activation = nil
        inputs += try node.inputs.dropFirst(2).map { operand throws(ModelError) in
          graph.types[operand].shape.rank == 1 ? operand : try flattened(operand, &graph)
        }
      } else if let sum {
        convolution.epilogue.hasResidual = true
        inputs.append(sum)
      }
      if tap == taps - 1 { convolution.epilogue.activation = volume.epilogue.activation }
      sum = try add(convolution, inputs, &graph)
    }
    let shape = graph.types[node.outputs[0]].shape
    nodes.append(
      Graph.Node(operation: Reshape(shape), inputs: sum.map { [$0] } ?? [], outputs: node.outputs, layer: node.layer))
  }

  /// `(batch, depth, …)` as `(batch · depth, …)`.
  private mutating func flattened(_ value: Int, _ graph: inout Graph) throws(ModelError) -> Int {
    let shape = graph.types[value].shape
    return try add(Reshape(Shape([shape[0] * shape[1]] + shape.dropFirst(2))), [value], &graph)
  }

  /// The input with the padding of the first axis.
  private mutating func padded(_ input: Int, _ graph: inout Graph) throws(ModelError) -> Int {
    let padding = volume.geometry.padding[0]
    guard padding.before + padding.after > 0 else { return input }
    return try add(
      Pad(before: [0, padding.before, 0, 0, 0], after: [0, padding.after, 0, 0, 0]), [input], &graph)
  }

  /// The planes that the output's planes see through a tap, as `(batch · depth′, …)`.
  private mutating func planes(
    of input: Int, seenThrough tap: Int, _ graph: inout Graph
  ) throws(ModelError) -> Int {
    let shape = graph.types[input].shape
    let (size, depth) = (shape.dropFirst(2).reduce(1, *), graph.types[node.outputs[0]].shape[1])
    let layout = StridedLayout(
      extents: [shape[0], depth, size], strides: [shape[1] * size, volume.geometry.strides[0] * size, 1],
      offset: tap * volume.geometry.dilation[0] * size)
    let seen = Shape([shape[0] * depth] + shape.dropFirst(2))
    let isAll = seen.elementCount == shape.elementCount
    return try add(
      isAll ? Reshape(seen) : Rearrange(name: "slice", shape: seen, layout: layout), [input], &graph)
  }

  private mutating func add(
    _ operation: any Operation, _ inputs: [Int], _ graph: inout Graph
  ) throws(ModelError) -> Int {
    let added = try graph.makeNode(operation, inputs, for: node.layer)
    nodes.append(added)
    return added.outputs[0]
  }
}

extension WindowGeometry {
  /// The window without the first axis.
  fileprivate func droppingFirst() -> WindowGeometry {
    WindowGeometry(
      kernel: Array(kernel.dropFirst()), strides: Array(strides.dropFirst()), dilation: Array(dilation.dropFirst()),
      padding: Array(padding.dropFirst()))
  }
}
