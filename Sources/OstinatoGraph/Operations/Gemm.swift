import OstinatoKernels
import OstinatoTensors

/// The last axis times a matrix: `activation(x · kernel + bias + residual)`.
///
/// Inputs: x `(…, k)`, kernel `(k, n)`, then bias `(n)` and residual `(…, n)` where the epilogue has them.
/// Output: `(…, n)`. All leading axes are rows of one product: m is their count.
package struct Gemm: LinearOperation {
  package let name = "gemm"
  package var epilogue = LinearEpilogue()

  package init() {}

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (x, kernel) = (inputs[0].shape, inputs[1].shape)
    guard kernel.rank == 2, let k = x.last, k == kernel[0] else {
      throw ModelError(
        .shapeMismatch, "", "expected an input whose last axis is \(kernel.first ?? 0). Received: \(x)")
    }
    return [ValueType(try Shape(validating: x.dropLast() + [kernel[1]]))]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (m, n, k) = sizes(inputs)
    let epilogue = epilogue
    return Kernel(units: m, rowsWanted: Self.rowsWanted(m: m, n: n, k: k)) { operands, rows in
      let c = operands.output(0)
      let tail = epilogue.resolve(operands)
      for block in rows.chunks(of: Self.rowsPerBlock) {
        gemm(
          m: block.count, n: n, k: k, a: operands.input(0) + block.lowerBound * k, lda: k, b: operands.input(1), ldb: n,
          c: c + block.lowerBound * n, ldc: n)
        tail.apply(to: c, rows: block, n: n, ldc: n)
      }
    }
  }

  /// A kernel that outgrows the cache is read anew for each tile of rows, so a tile should be full.
  static func rowsWanted(m: Int, n: Int, k: Int) -> Int {
    n * k > kernelInCache ? max(1, fullTile / max(m, 1)) : 1
  }

  private static let kernelInCache = 1 << 16
  private static let fullTile = 16

  /// Rows whose outputs stay in cache until the epilogue has seen them.
  private static let rowsPerBlock = 512

  private func sizes(_ inputs: [ValueType]) -> (m: Int, n: Int, k: Int) {
    let (x, kernel) = (inputs[0].shape, inputs[1].shape)
    return (x.dropLast().reduce(1, *), kernel[1], kernel[0])
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    let (m, n, k) = sizes(inputs)
    return .saturatingProduct(2, m, n, k)
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let (m, n, k) = sizes(inputs)
    return "m: \(m), n: \(n), k: \(k)" + epilogue.detail
  }
}

extension Range<Int> {
  /// The range cut into pieces of at most `size`.
  package func chunks(of size: Int) -> some Sequence<Range<Int>> {
    stride(from: lowerBound, to: upperBound, by: size).lazy.map { $0..<Swift.min($0 + size, upperBound) }
  }
}
