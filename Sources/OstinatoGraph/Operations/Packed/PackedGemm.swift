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
    let m = m(inputs)
    return m < Self.fewRows && n >= 2 * Self.columnsPerUnit ? columnwise(m) : rowwise(m)
  }

  /// The kernel whose units are rows.
  private func rowwise(_ m: Int) -> Kernel {
    let (n, k, epilogue) = (n, k, epilogue)
    return Kernel(units: m, rowsWanted: Gemm.rowsWanted(m: m, n: n, k: k)) { operands, rows in
      packedGemm(
        m: rows.count, n: n, k: k, a: operands.input(0) + rows.lowerBound * k, lda: k, packed: operands.input(1),
        c: operands.output(0) + rows.lowerBound * n, ldc: n,
        epilogue: epilogue.resolve(operands).dropping(rows: rows.lowerBound, ldc: n))
    }
  }

  /// The kernel whose units are columns: threads that share few rows read the weights only once.
  private func columnwise(_ m: Int) -> Kernel {
    let (n, k, epilogue) = (n, k, epilogue)
    let units = n / Self.columnsPerUnit
    return Kernel(units: units, rowsWanted: Gemm.rowsWanted(m: m, n: n, k: k)) { operands, range in
      let start = range.lowerBound * Self.columnsPerUnit
      let end = range.upperBound == units ? n : range.upperBound * Self.columnsPerUnit
      packedGemm(
        m: m, n: end - start, k: k, a: operands.input(0), lda: k, packed: operands.input(1) + start * k,
        c: operands.output(0) + start, ldc: n, epilogue: epilogue.resolve(operands).dropping(columns: start))
    }
  }

  private static let fewRows = 8
  /// A whole number of panels at every level.
  private static let columnsPerUnit = 64

  private func m(_ inputs: [ValueType]) -> Int { inputs[0].shape.dropLast().reduce(1, *) }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, m(inputs), n, k)
  }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    "m: \(m(inputs)), n: \(n), k: \(k)" + epilogue.detail
  }
}
