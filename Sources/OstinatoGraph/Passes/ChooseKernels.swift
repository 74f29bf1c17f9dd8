import OstinatoKernels
import OstinatoTensors

/// Gives each linear operation over constant weights the kernel that serves its shape, and prepares the weights for it.
///
/// The rule, first match:
/// 1. Convolutions of stride 1 by 3×3 taps, in each of some planes of a volume, with at least 16 channels and filters
///    and enough outputs: ``Winograd3x3``, in large tiles or else in small ones.
/// 2. Convolutions of stride 1 along one axis that it makes cheaper: ``Winograd1D``.
/// 3. Convolutions whose weights are few or whose lines are long: ``LineConvolution``, its input padded first along the
///    last axis.
/// 4. Other convolutions: ``IndirectConvolution``. Where a patch line of few channels would be cut by padding along the
///    last spatial axis, the input is padded first, so that a whole line of the kernel is one run.
/// 5. Depthwise convolutions of one filter per channel: ``PackedDepthwise``.
/// 6. Matrix products: ``PackedGemm``; those inside ``Recurrent`` are packed likewise.
///
/// All of them compute a row by one order of operations that no other row changes, which OpenBLAS does not promise.
struct ChooseKernels: Pass {
  /// How convolutions are computed; the last serves all.
  private static let methods: [any PackedConvolution.Type] = [
    Winograd3x3<LargeTile>.self, Winograd3x3<SmallTile>.self, Winograd1D.self, LineConvolution.self,
    IndirectConvolution.self,
  ]

  /// How a convolution is computed whose output has these extents; nil for one of no channels.
  static func method(for sizes: ConvolutionSizes, output: [Int]) -> (any PackedConvolution.Type)? {
    sizes.channels > 0 ? methods.first { $0.serves(sizes, output: output) } : nil
  }

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
      case let recurrent as Recurrent where !recurrent.isPacked:
        nodes.append(graph.packing(recurrent, node, kernel, constants))
      default: nodes.append(node)
      }
    }
    graph.nodes = nodes
  }

  private func pack(
    _ gemm: Gemm, _ node: Graph.Node, _ kernel: Constant, _ graph: inout Graph, _ constants: PreparedConstants
  ) -> Graph.Node {
    let (k, n) = (kernel.type.shape[0], kernel.type.shape[1])
    let packed = constants.packed("packed \(kernel.key)", kernel, count: packedSize(k: k, n: n)) {
      packColumns(k: k, n: n, b: $0, ldb: n, into: $1)
    }
    return node.replaced(by: PackedGemm(n: n, k: k, epilogue: gemm.epilogue), kernel: graph.add(packed))
  }

  private func pack(
    _ convolution: Convolution, _ node: Graph.Node, _ kernel: Constant, _ graph: inout Graph,
    _ constants: PreparedConstants
  ) throws(ModelError) -> [Graph.Node] {
    var sizes = ConvolutionSizes(convolution, kernel: kernel.type.shape)
    let (input, output) = (graph.types[node.inputs[0]].shape, graph.types[node.outputs[0]].shape)
    guard let method = Self.method(for: sizes, output: Array(output.dropFirst().dropLast())),
      OffsetTable.fits(sizes.geometry.window(input: input, output: output))
    else { return [node] }
    let packed = constants.packed(
      "\(method.preparation) \(kernel.key) in \(sizes.groups)", kernel, count: method.packedSize(sizes)
    ) { [sizes] in method.pack($0, sizes, into: $1) }
    var nodes: [Graph.Node] = []
    var source = node.inputs[0]
    if method.padsLastAxisFirst(sizes), let padded = sizes.geometry.paddingLastAxisFirst() {
      let pad = try graph.makeNode(padded.operation, [source], for: node.layer)
      nodes.append(pad)
      (sizes.geometry, source) = (padded.geometry, pad.outputs[0])
    }
    var packedNode = node.replaced(by: method.init(sizes: sizes), kernel: graph.add(packed))
    packedNode.inputs[0] = source
    return nodes + [packedNode]
  }

  private func address(_ depthwise: DepthwiseConvolution, _ node: Graph.Node, _ graph: Graph) -> Graph.Node {
    let (input, output) = (graph.types[node.inputs[0]].shape, graph.types[node.outputs[0]].shape)
    guard input.last == output.last, OffsetTable.fits(depthwise.geometry.window(input: input, output: output)) else {
      return node
    }
    return node.replaced(by: PackedDepthwise(plain: depthwise), kernel: node.inputs[1])
  }
}

extension WindowGeometry {
  /// The padding of the last axis as an operation of its own, and the window without it; nil when there is none.
  fileprivate func paddingLastAxisFirst() -> (operation: Pad, geometry: WindowGeometry)? {
    guard let last = padding.last, last.before + last.after > 0 else { return nil }
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
  /// A node with new values for the outputs of `operation`. It is not part of the graph yet.
  mutating func makeNode(
    _ operation: any Operation, _ inputs: [Int], for layer: LayerLabel
  ) throws(ModelError) -> Node {
    let outputs = try operation.outputTypes(for: inputs.map { types[$0] }).map { makeValue($0, .node) }
    return Node(operation: operation, inputs: inputs, outputs: outputs, layer: layer)
  }

  /// The node of a recurrence with its recurrent kernel packed.
  mutating func packing(
    _ recurrent: Recurrent, _ node: Node, _ kernel: Constant, _ constants: PreparedConstants
  ) -> Node {
    var operation = recurrent
    operation.isPacked = true
    let cell = recurrent.cell
    let packed = constants.packed(
      "recurrent \(kernel.key)", kernel, count: RecurrentKernel.packedSize(for: cell)
    ) { RecurrentKernel.pack($0, for: cell, into: $1) }
    return node.replaced(by: operation, kernel: add(packed))
  }

  /// A new value for `constant`.
  mutating func add(_ constant: Constant) -> Int {
    makeValue(constant.type, .constant(constant))
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
