import OstinatoKernels
import OstinatoTensors

/// Gives each linear operation over constant weights the kernel that serves its shape, and prepares the weights for it.
///
/// The rule, first match:
/// 1. 3×3 convolutions of stride 1 with at least 16 channels and filters and enough outputs: ``Winograd3x3``.
/// 2. Convolutions of stride 1 along one axis that it makes cheaper: ``Winograd1D``.
/// 3. Convolutions over one or two spatial axes whose weights are few or whose lines are long: ``LineConvolution``, its
///    input padded first along the last axis.
/// 4. Other convolutions: ``IndirectConvolution``. Where a patch line of few channels would be cut by padding along the
///    last spatial axis, the input is padded first, so that a whole line of the kernel is one run.
/// 5. Depthwise convolutions of one filter per channel: ``IndirectDepthwise``.
/// 6. Matrix products: ``PackedGemm``; those inside ``Recurrent`` are packed likewise.
///
/// All of them compute a row by one order of operations that no other row changes, which OpenBLAS does not promise.
struct ChooseKernels: Pass {
  /// Below this many channels a run per cell is too short to be worth its offset.
  private static let fewChannels = 16

  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    var nodes: [Graph.Node] = []
    for node in graph.nodes {
      guard let kernel = graph.constant(node.inputs[safe: 1] ?? -1) else {
        nodes.append(node)
        continue
      }
      switch node.operation {
      case let gemm as Gemm: nodes.append(pack(gemm, node, kernel, &graph, constants))
      case let convolution as Convolution:
        nodes += try pack(convolution, node, kernel, &graph, constants)
      case let depthwise as DepthwiseConvolution: nodes.append(address(depthwise, node, graph))
      case let recurrent as Recurrent: nodes.append(pack(recurrent, node, kernel, &graph, constants))
      default: nodes.append(node)
      }
    }
    graph.nodes = nodes
  }

  private func pack(
    _ gemm: Gemm, _ node: Graph.Node, _ kernel: Constant, _ graph: inout Graph, _ constants: PreparedConstants
  ) -> Graph.Node {
    let (k, n) = (kernel.tensor.shape[0], kernel.tensor.shape[1])
    let packed = constants.constant("packed \(kernel.key)") {
      packedColumns(kernel.tensor, k: k, n: n, groups: 1)
    }
    return node.replaced(by: PackedGemm(n: n, k: k, epilogue: gemm.epilogue), kernel: graph.add(packed))
  }

  private func pack(
    _ recurrent: Recurrent, _ node: Graph.Node, _ kernel: Constant, _ graph: inout Graph,
    _ constants: PreparedConstants
  ) -> Graph.Node {
    var operation = recurrent
    operation.isPacked = true
    let packed = constants.constant("packed \(kernel.key)") { packedRecurrentKernel(kernel.tensor, recurrent.cell) }
    return node.replaced(by: operation, kernel: graph.add(packed))
  }

  private func pack(
    _ convolution: Convolution, _ node: Graph.Node, _ kernel: Constant, _ graph: inout Graph,
    _ constants: PreparedConstants
  ) throws(ModelError) -> [Graph.Node] {
    let (shape, groups) = (kernel.tensor.shape, convolution.groups)
    let (channels, filters) = (shape[shape.rank - 2], shape[shape.rank - 1] / groups)
    let (input, output) = (graph.types[node.inputs[0]].shape, graph.types[node.outputs[0]].shape)
    guard channels > 0, OffsetTable.fits(convolution.geometry.window(input: input, output: output)) else {
      return [node]
    }
    if Winograd3x3.serves(
      convolution.geometry, groups: groups, channels: channels, filters: filters,
      output: Array(output.dropFirst().dropLast()))
    {
      let prepared = constants.constant("winograd \(kernel.key)") {
        winogradKernel(kernel.tensor, channels: channels, filters: filters)
      }
      let operation = Winograd3x3(
        geometry: convolution.geometry, channels: channels, filters: filters, epilogue: convolution.epilogue)
      return [node.replaced(by: operation, kernel: graph.add(prepared))]
    }
    if Winograd1D.serves(
      convolution.geometry, groups: groups, channels: channels, filters: filters, epilogue: convolution.epilogue,
      output: Array(output.dropFirst().dropLast()))
    {
      let taps = shape[0]
      let prepared = constants.constant("winograd \(kernel.key)") {
        winogradKernel(kernel.tensor, taps: taps, channels: channels, filters: filters)
      }
      let operation = Winograd1D(
        geometry: convolution.geometry, channels: channels, filters: filters, epilogue: convolution.epilogue)
      return [node.replaced(by: operation, kernel: graph.add(prepared))]
    }
    let packed = constants.constant("packed \(kernel.key) in \(groups)") {
      packedColumns(kernel.tensor, k: shape.dropLast().reduce(1, *), n: filters, groups: groups)
    }
    let usesLines = LineConvolution.serves(
      convolution.geometry, groups: groups, channels: channels, filters: filters,
      output: Array(output.dropFirst().dropLast()))
    var nodes: [Graph.Node] = []
    var (geometry, source) = (convolution.geometry, node.inputs[0])
    if usesLines || (channels < Self.fewChannels && groups == 1 && geometry.dilation.last == 1),
      let padded = geometry.paddingLastAxisFirst()
    {
      let padding = padded.operation
      let value = graph.makeValue(try padding.outputTypes(for: [graph.types[source]])[0], .node)
      nodes.append(Graph.Node(operation: padding, inputs: [source], outputs: [value], layer: node.layer))
      (geometry, source) = (padded.geometry, value)
    }
    let operation: any Operation =
      usesLines
      ? LineConvolution(geometry: geometry, channels: channels, filters: filters, epilogue: convolution.epilogue)
      : IndirectConvolution(
        geometry: geometry, groups: groups, channels: channels, filters: filters, epilogue: convolution.epilogue)
    var packedNode = node.replaced(by: operation, kernel: graph.add(packed))
    packedNode.inputs[0] = source
    return nodes + [packedNode]
  }

  private func address(_ depthwise: DepthwiseConvolution, _ node: Graph.Node, _ graph: Graph) -> Graph.Node {
    let (input, output) = (graph.types[node.inputs[0]].shape, graph.types[node.outputs[0]].shape)
    guard input.last == output.last, OffsetTable.fits(depthwise.geometry.window(input: input, output: output)) else {
      return node
    }
    return node.replaced(by: IndirectDepthwise(plain: depthwise), kernel: node.inputs[1])
  }
}

extension WindowGeometry {
  /// The padding of the last axis as an operation of its own, and the window without it; nil when there is none.
  fileprivate func paddingLastAxisFirst() -> (operation: Pad, geometry: WindowGeometry)? {
    guard let last = padding.last, last.before + last.after > 0, kernel.last != 1 else { return nil }
    let zeros = [Int](repeating: 0, count: rank)
    var rest = padding
    rest[rank - 1] = Padding(before: 0, after: 0)
    return (
      Pad(before: zeros + [last.before] + [0], after: zeros + [last.after] + [0]),
      WindowGeometry(kernel: kernel, strides: strides, dilation: dilation, padding: rest)
    )
  }
}

extension Graph.Node {
  /// The same node with another operation over prepared weights.
  fileprivate func replaced(by operation: any Operation, kernel: Int) -> Graph.Node {
    var node = self
    node.operation = operation
    node.inputs[1] = kernel
    return node
  }
}

extension Graph {
  /// A new value for `constant`.
  mutating func add(_ constant: Constant) -> Int {
    makeValue(ValueType(constant.tensor.shape, constant.tensor.dataType), .constant(constant))
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

// MARK: - Weights in the kernels' layouts

/// The columns of each group's `(k, n)` kernel in panels, group after group.
private func packedColumns(_ kernel: Tensor, k: Int, n: Int, groups: Int) -> Tensor {
  let size = packedSize(k: k, n: n)
  return kernel.laidOut(in: groups * size) { source, packed in
    for group in 0..<groups {
      packColumns(k: k, n: n, b: source + group * n, ldb: n * groups, into: packed + group * size)
    }
  }
}

/// A 3×3 kernel as Winograd's method takes it.
private func winogradKernel(_ kernel: Tensor, channels: Int, filters: Int) -> Tensor {
  kernel.laidOut(in: WinogradConvolution.packedSize(channels: channels, filters: filters)) { source, packed in
    WinogradConvolution.pack(channels: channels, filters: filters, kernel: source, into: packed)
  }
}

/// A kernel `(taps, channels, filters)` as Winograd's method takes it in one dimension.
private func winogradKernel(_ kernel: Tensor, taps: Int, channels: Int, filters: Int) -> Tensor {
  kernel.laidOut(in: LineWinogradConvolution.packedSize(taps: taps, channels: channels, filters: filters)) {
    source, packed in
    LineWinogradConvolution.pack(taps: taps, channels: channels, filters: filters, kernel: source, into: packed)
  }
}

/// A recurrent kernel with the columns of each product packed.
private func packedRecurrentKernel(_ kernel: Tensor, _ cell: RecurrentCell) -> Tensor {
  kernel.laidOut(in: RecurrentKernel.packedSize(for: cell)) { source, packed in
    RecurrentKernel.pack(source, for: cell, into: packed)
  }
}

extension Tensor {
  /// The elements in another layout of `count` floats, which `body` writes.
  fileprivate func laidOut(in count: Int, _ body: (Source, Target) -> Void) -> Tensor {
    Tensor(uninitialized: [count]) { bytes in
      withUnsafeElements(of: Float.self) { elements in
        guard let source = elements.baseAddress,
          let target = bytes.assumingMemoryBound(to: Float.self).baseAddress
        else { return }
        body(source, target)
      }
    }
  }
}
