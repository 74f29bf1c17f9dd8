import CKernels

/// The recurrent kernel `(units, width)` of a cell, as it is or with its columns packed.
///
/// A cell whose steps a C kernel takes as a whole has its weights packed gate by gate. Of others the columns are packed:
/// a GRU that resets before the product has two products a step, the gates z and r, then the candidate, whose columns
/// are packed apart, one after the other.
package struct RecurrentKernel {
  /// The first element, of the matrix or of the packed weights.
  let base: Source
  let isPacked: Bool

  package init(_ base: Source, isPacked: Bool) {
    self.base = base
    self.isPacked = isPacked
  }

  /// Floats of the packed kernel of `cell`.
  package static func packedSize(for cell: RecurrentCell) -> Int {
    if cell.hasWholeStep { return cell.packedSize(rows: cell.units) }
    return OstinatoKernels.packedSize(k: cell.units, n: cell.firstWidth)
      + OstinatoKernels.packedSize(k: cell.units, n: cell.width - cell.firstWidth)
  }

  /// Packs `kernel` for `cell`.
  package static func pack(_ kernel: Source, for cell: RecurrentCell, into packed: Target) {
    if cell.hasWholeStep { return cell.pack(kernel, rows: cell.units, into: packed) }
    let (units, width, first) = (cell.units, cell.width, cell.firstWidth)
    packColumns(k: units, n: first, b: kernel, ldb: width, into: packed)
    guard first < width else { return }
    let rest = packed + OstinatoKernels.packedSize(k: units, n: first)
    packColumns(k: units, n: width - first, b: kernel + first, ldb: width, into: rest)
  }

  /// `products = hidden · kernel + bias` for the columns of the step's first product.
  func multiply(_ cell: RecurrentCell, rows: Int, hidden: Source, into products: Target, bias: Source?) {
    multiply(cell, rows, hidden, base, columns: 0..<cell.firstWidth, products, Epilogue(bias: bias))
  }

  /// `candidate = reset · kernel` for the columns of the step's second product.
  func multiplyCandidate(_ cell: RecurrentCell, rows: Int, reset: Source, into candidate: Target) {
    let first = cell.firstWidth
    let kernel = isPacked ? base + OstinatoKernels.packedSize(k: cell.units, n: first) : base + first
    multiply(cell, rows, reset, kernel, columns: first..<cell.width, candidate, Epilogue())
  }

  private func multiply(
    _ cell: RecurrentCell, _ rows: Int, _ a: Source, _ kernel: Source, columns: Range<Int>, _ c: Target,
    _ epilogue: Epilogue
  ) {
    let (units, width) = (cell.units, cell.width)
    if isPacked {
      packedGemm(
        m: rows, n: columns.count, k: units, a: a, lda: units, packed: kernel, c: c, ldc: width, epilogue: epilogue)
    } else {
      gemm(m: rows, n: columns.count, k: units, a: a, lda: units, b: kernel, ldb: width, c: c, ldc: width)
      epilogue.apply(to: c, rows: 0..<rows, n: columns.count, ldc: width)
    }
  }
}
