import OstinatoKernels
import OstinatoTensors

/// A ``MatMul`` that packs each `b` when it comes to it, and whose matrices may lie anywhere at regular distances, as
/// those of an attention's heads do.
///
/// Inputs: a and b, whose elements `(batch…, m, k)` and `(batch…, k, n)`, or `(batch…, n, k)` where b is transposed, lie
/// as the layouts say. Output: under `shape`, with the elements `(batch…, m, n)` where `c` says.
struct PackedMatMul: Operation {
  let name = "matmul"
  let transposeB: Bool
  let shape: Shape
  let a: StridedLayout
  let b: StridedLayout
  let c: StridedLayout

  private var m: Int { c.extents[c.extents.count - 2] }
  private var n: Int { c.lineLength }
  private var k: Int { a.lineLength }
  private var items: Int { c.extents.dropLast(2).reduce(1, *) }

  /// Whether it is worth packing `b`, and packing it for each portion: OpenBLAS has large products, and those of few rows.
  static func serves(m: Int, n: Int, k: Int) -> Bool {
    m >= leastRows && k > 0 && !isNarrow(k: k, n: n) && packedSize(k: k, n: n) <= mostPacked
  }

  private static let leastRows = 12
  private static let mostPacked = 1 << 17
  /// Rows of a unit.
  private static let block = 96

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let b = transposeB ? (rows: n, columns: k) : (rows: k, columns: n)
    guard a.takes(items * m * k, stepsWithin: 0..<inputs[0].shape.elementCount),
      self.b.takes(items * b.rows * b.columns, stepsWithin: 0..<inputs[1].shape.elementCount),
      c.takes(shape.elementCount, stepsWithin: 0..<shape.elementCount)
    else {
      throw ModelError(.shapeMismatch, "", "cannot multiply \(inputs[0].shape) and \(inputs[1].shape) into \(shape)")
    }
    return [ValueType(shape)]
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (m, n, k) = (m, n, k)
    let (a, b, c, transposeB) = (self.a, self.b, self.c, transposeB)
    let linesOfB = transposeB ? n : k
    let blocks = (m + Self.block - 1) / Self.block
    return Kernel(units: items * blocks, scratchBytes: packedSize(k: k, n: n) * DataType.byteCount) { operands, units in
      for part in units.split(by: blocks) {
        let (item, first) = part.lowerBound.quotientAndRemainder(dividingBy: blocks)
        let rows = first * Self.block..<min(m, (first + part.count) * Self.block)
        let matrix = operands.input(1) + b.offset(ofLine: item * linesOfB)
        if transposeB {
          packColumns(k: k, n: n, transposed: matrix, ldb: b.lineStride, into: operands.scratch)
        } else {
          packColumns(k: k, n: n, b: matrix, ldb: b.lineStride, into: operands.scratch)
        }
        packedGemm(
          m: rows.count, n: n, k: k, a: operands.input(0) + a.offset(ofLine: item * m + rows.lowerBound),
          lda: a.lineStride, packed: operands.scratch,
          c: operands.output(0) + c.offset(ofLine: item * m + rows.lowerBound), ldc: c.lineStride, epilogue: Epilogue())
      }
    }
  }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int { .saturatingProduct(2, shape.elementCount, k) }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String { "items: \(items), m: \(m), n: \(n), k: \(k)" }
}

extension StridedLayout {
  /// From one line of a matrix to the next.
  fileprivate var lineStride: Int { strides[strides.count - 2] }
}
