import OstinatoKernels
import OstinatoTensors

/// `recurrent(x · W + b)` ⇒ `recurrent` that projects `x` as it goes: where `x` has few features, its projections are many
/// times its size, and they are never written.
///
/// Applies where nobody else looks at the projections and the weights are constant. Without any features, the projections
/// are the bias alone, and are written.
struct FuseProjection: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    let (producers, counts) = (graph.producers, graph.useCounts)
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard var recurrent = node.operation as? Recurrent, recurrent.cell.hasWholeStep,
        let recurrentKernel = graph.constant(node.inputs[1]),
        counts[node.inputs[0]] == 1, let producer = producers[node.inputs[0]],
        let gemm = graph.nodes[producer].operation as? Gemm, gemm.epilogue.isBiasAlone,
        let kernel = graph.constant(graph.nodes[producer].inputs[1]),
        (1...Self.mostFeatures(recurrent.cell)).contains(kernel.type.shape[0])
      else { continue }
      recurrent.input = .plain(hasBias: gemm.epilogue.hasBias)
      let (x, bias) = (graph.nodes[producer].inputs[0], graph.nodes[producer].inputs.dropFirst(2))
      let projection = graph.add(pack(kernel, for: recurrent.cell, constants))
      graph.nodes[index] = graph.packing(recurrent, node, recurrentKernel, constants)
      graph.nodes[index].inputs = [x] + graph.nodes[index].inputs.dropFirst() + [projection] + bias
    }
  }

  /// More features are cheaper in one product of all steps: a step of a single row has too few sums to keep the arithmetic
  /// units busy, of a cell whose gates are not computed together even fewer.
  private static func mostFeatures(_ cell: RecurrentCell) -> Int {
    switch cell.kind {
    case .lstm, .gru(resetAfter: true): 16
    case .simple, .gru(resetAfter: false): 4
    }
  }

  private func pack(_ kernel: Constant, for cell: RecurrentCell, _ constants: PreparedConstants) -> Constant {
    let features = kernel.type.shape[0]
    return constants.packed("projection \(kernel.key)", kernel, count: cell.packedSize(rows: features)) {
      cell.pack($0, rows: features, into: $1)
    }
  }
}
