import OstinatoKernels
import OstinatoTensors

/// `gemm(gather(T, i); K, b)` ⇒ `gather(T · K + b, i)`: what a row of the table becomes does not depend on where it is
/// looked up.
///
/// The projection of embedded tokens, half of the arithmetic of a recurrent layer over them, disappears this way.
/// Applies where the new table is small enough to be worth its memory.
struct FoldLookup: Pass {
  /// The most elements that a new table may have: 32 MiB.
  private static let largestTable = 1 << 23

  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    let producers = graph.producers
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard let product = node.operation as? Gemm, product.epilogue.isBiasAlone,
        let producer = producers[node.inputs[0]], graph.nodes[producer].operation is Gather,
        let operands = Operands(graph, lookup: graph.nodes[producer], product: node),
        operands.rows * operands.columns <= Self.largestTable
      else { continue }
      var lookup = graph.nodes[producer]
      lookup.inputs[0] = graph.add(operands.projectedTable(constants))
      lookup.outputs = node.outputs
      graph.nodes[index] = lookup
    }
  }

  /// The constants of a lookup and of the product that follows it.
  private struct Operands {
    let table: Constant
    let kernel: Constant
    let bias: Constant?

    var rows: Int { table.type.shape[0] }
    var columns: Int { kernel.type.shape[1] }

    /// Nil when one of them is computed at run time.
    init?(_ graph: Graph, lookup: Graph.Node, product: Graph.Node) {
      let constants = ([lookup.inputs[0]] + product.inputs.dropFirst()).compactMap { graph.constant($0) }
      guard constants.count == product.inputs.count, constants[0].type.dataType == .float32 else { return nil }
      (table, kernel, bias) = (constants[0], constants[1], constants.count > 2 ? constants[2] : nil)
    }

    func projectedTable(_ constants: PreparedConstants) -> Constant {
      let (m, n, k) = (rows, columns, kernel.type.shape[0])
      return constants.constant(
        "(\(table.key) × \(kernel.key) + \(bias?.key ?? "0"))", type: ValueType([m, n])
      ) { [table, kernel, bias] memory in
        Tensor(uninitialized: [m, n], in: memory) { bytes in
          guard let c = bytes.assumingMemoryBound(to: Float.self).baseAddress else { return }
          table.passingTensor.withSource { a in
            kernel.passingTensor.withSource { b in gemm(m: m, n: n, k: k, a: a, lda: k, b: b, ldb: n, c: c, ldc: n) }
          }
          bias?.tensor.withSource { Epilogue(bias: $0).apply(to: c, rows: 0..<m, n: n, ldc: n) }
        }
      }
    }
  }
}

extension Tensor {
  /// Calls `body` with the address of the elements, if there are any.
  fileprivate func withSource(_ body: (Source) -> Void) {
    withUnsafeElements(of: Float.self) { elements in
      if let base = elements.baseAddress { body(base) }
    }
  }
}
