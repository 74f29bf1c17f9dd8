import OstinatoKernels
import OstinatoTensors

/// A ``Gemm`` over a kernel that is packed once.
///
/// Inputs: x `(…, k)`, the packed kernel, then bias and residual where the epilogue has them. Output: `(…, n)`.
struct PackedGemm: Operation {
  let name = "gemm"
  let n: Int
  let k: Int
  let epilogue: LinearEpilogue

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    [ValueType(try Shape(validating: inputs[0].shape.dropLast() + [n]))]
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (n, k, epilogue) = (n, k, epilogue)
    return Kernel(units: m(inputs), rowsWanted: Gemm.rowsWanted(m: m(inputs), n: n, k: k)) { operands, rows in
      packedGemm(
        m: rows.count, n: n, k: k, a: operands.input(0) + rows.lowerBound * k, lda: k, packed: operands.input(1),
        c: operands.output(0) + rows.lowerBound * n, ldc: n,
        epilogue: epilogue.resolve(operands).dropping(rows: rows.lowerBound, ldc: n))
    }
  }

  private func m(_ inputs: [ValueType]) -> Int { inputs[0].shape.dropLast().reduce(1, *) }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, m(inputs), n, k)
  }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    "m: \(m(inputs)), n: \(n), k: \(k)" + epilogue.detail
  }
}
