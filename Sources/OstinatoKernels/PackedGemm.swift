import CKernels

/// Floats that ``packColumns(k:n:b:ldb:into:)`` writes for a `(k, n)` matrix.
package func packedSize(k: Int, n: Int) -> Int { ck_packed_size_f32(k, n) }

/// How many rows ``packedGemm`` computes together: fewer, at the end, cost nearly as much.
package var tileRows: Int { ck_tile_rows() }

/// Whether a `(k, n)` matrix is laid out as columns, because it has few.
package func isNarrow(k: Int, n: Int) -> Bool { ck_is_narrow(k, n) != 0 }

/// Lays out the matrix `b`, rows `ldb` apart, in panels of columns as ``packedGemm`` reads them.
package func packColumns(k: Int, n: Int, b: Source, ldb: Int, into packed: Target) {
  ck_pack_b_f32(k, n, b, ldb, packed)
}

/// As ``packColumns(k:n:b:ldb:into:)``, where `b` is stored as `(n, k)`.
package func packColumns(k: Int, n: Int, transposed b: Source, ldb: Int, into packed: Target) {
  ck_pack_b_transposed_f32(k, n, b, ldb, packed)
}

/// `c = activation(a · b + bias + residual)` with `b` packed. A row's result depends on that row alone, bit by bit.
///
/// - Parameters:
///   - a: `(m, k)`, rows `lda` apart.
///   - packed: a `(k, n)` matrix laid out by ``packColumns(k:n:b:ldb:into:)``.
///   - c: `(m, n)`, rows `ldc` apart, as are those of the residual.
package func packedGemm(
  m: Int, n: Int, k: Int, a: Source, lda: Int, packed: Source, c: Target, ldc: Int, epilogue: Epilogue
) {
  epilogue.around(c, rows: m, n: n, ldc: ldc) { ck_gemm_f32(m, n, k, a, lda, packed, c, ldc, $0) }
}

/// As ``packedGemm``, where row `i` of `a` is the concatenation of `taps` runs of `run` floats at
/// `base + offsets[i · taps + t]`, zeros where the offset is negative: a convolution whose patches are not copied.
package func indirectGemm(
  m: Int, n: Int, taps: Int, run: Int, base: Source, offsets: UnsafePointer<Int32>, packed: Source, c: Target, ldc: Int,
  epilogue: Epilogue
) {
  epilogue.around(c, rows: m, n: n, ldc: ldc) { ck_igemm_f32(m, n, taps, run, base, offsets, packed, c, ldc, $0) }
}

extension Epilogue {
  /// Runs `body` with the epilogue in the form of the C kernels. A function that they lack is applied afterwards.
  func around(_ c: Target, rows: Int, n: Int, ldc: Int, _ body: (UnsafePointer<ck_epilogue>) -> Void) {
    let fused = UnaryFunction.kernelActivation(activation)
    var inner = ck_epilogue(bias: bias, residual: residual, ldr: ldc, activation: fused ?? UnaryFunction.identity)
    body(&inner)
    guard fused == nil, let activation else { return }
    for row in 0..<rows { activation.apply(c + row * ldc, c + row * ldc, count: n) }
  }
}

extension UnaryFunction {
  /// What the C kernels call no function at all.
  static let identity = ck_activation(kind: .CK_ACT_NONE, alpha: 0, beta: 0)

  /// A function, or none, as the C kernels know it; nil where they lack it.
  static func kernelActivation(_ function: UnaryFunction?) -> ck_activation? {
    function.map(\.kernelActivation) ?? identity
  }

  /// Whether the C kernels apply the function themselves.
  package var isFused: Bool { kernelActivation != nil }

  /// The function as the C kernels know it, or nil.
  var kernelActivation: ck_activation? {
    func make(_ kind: ck_act, _ alpha: Float = 0, _ beta: Float = 0) -> ck_activation {
      ck_activation(kind: kind, alpha: alpha, beta: beta)
    }
    switch self {
    case .relu(slope: 0, maximum: .infinity, threshold: 0): return make(.CK_ACT_RELU)
    case .relu(slope: 0, let maximum, threshold: 0): return make(.CK_ACT_CLIP, 0, maximum)
    case .relu(let slope, maximum: .infinity, threshold: 0): return make(.CK_ACT_LEAKY_RELU, slope)
    case .clip(let low, let high): return make(.CK_ACT_CLIP, low, high)
    case .elu(let alpha): return make(.CK_ACT_ELU, alpha, 1)
    case .selu: return make(.CK_ACT_ELU, 1.050_700_987_355_480_5 * 1.673_263_242_354_377_2, 1.050_700_987_355_480_5)
    case .sigmoid: return make(.CK_ACT_SIGMOID)
    case .hardSigmoid(let slope): return make(.CK_ACT_HARD_SIGMOID, slope, 0.5)
    case .tanh: return make(.CK_ACT_TANH)
    case .silu: return make(.CK_ACT_SILU)
    case .hardSilu: return make(.CK_ACT_HARD_SILU, 1 / 6, 0.5)
    case .gelu(let approximate): return make(approximate ? .CK_ACT_GELU_TANH : .CK_ACT_GELU)
    case .softplus: return make(.CK_ACT_SOFTPLUS)
    case .exponential: return make(.CK_ACT_EXP)
    case .erf: return make(.CK_ACT_ERF)
    default: return nil
    }
  }
}
