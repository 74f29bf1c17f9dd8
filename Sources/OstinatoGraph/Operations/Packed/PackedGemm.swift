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
    let (m, n, k, epilogue) = (m(inputs), n, k, epilogue)
    let grid = ProductGrid(rows: m, columns: n, rowsPerUnit: tileRows, splitsColumns: n > m)
    return Kernel(units: grid.units, rowsWanted: Gemm.rowsWanted(m: m, n: n, k: k)) { operands, units in
      grid.forEachRectangle(in: units) { rows, columns in
        packedGemm(
          m: rows.count, n: columns.count, k: k, a: operands.input(0) + rows.lowerBound * k, lda: k,
          packed: operands.input(1) + columns.lowerBound * k,
          c: operands.output(0) + rows.lowerBound * n + columns.lowerBound, ldc: n,
          epilogue: epilogue.resolve(operands).dropping(rows: rows.lowerBound, columns: columns.lowerBound, ldc: n))
      }
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
