import CKernels

/// What happens to a block of a GEMM's output while it is still in cache: `c = activation(c + bias + residual)`.
package struct Epilogue {
  /// `(n)`, added to every row.
  package var bias: Source?
  /// `(m, n)`, rows `ldc` apart like the output itself.
  package var residual: Source?
  package var activation: UnaryFunction?

  package init(bias: Source? = nil, residual: Source? = nil, activation: UnaryFunction? = nil) {
    self.bias = bias
    self.residual = residual
    self.activation = activation
  }

  /// Applies to rows `rows` of `c`, each `n` wide and `ldc` apart.
  package func apply(to c: Target, rows: Range<Int>, n: Int, ldc: Int) {
    let line = c + rows.lowerBound * ldc
    let shifted = Epilogue(bias: bias, residual: residual.map { $0 + rows.lowerBound * ldc }, activation: activation)
    shifted.around(line, rows: rows.count, n: n, ldc: ldc) { ck_bias_act_f32(line, rows.count, n, ldc, $0) }
  }
}

extension Epilogue {
  /// The epilogue for a block that starts `rows` rows further down.
  package func dropping(rows: Int, columns: Int = 0, ldc: Int) -> Epilogue {
    Epilogue(
      bias: bias.map { $0 + columns }, residual: residual.map { $0 + rows * ldc + columns }, activation: activation)
  }
}
