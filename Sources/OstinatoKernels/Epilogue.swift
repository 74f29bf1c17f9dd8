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
    for row in rows {
      let line = c + row * ldc
      if let bias { for column in 0..<n { line[column] += bias[column] } }
      if let residual {
        let other = residual + row * ldc
        for column in 0..<n { line[column] += other[column] }
      }
      activation?.apply(line, line, count: n)
    }
  }
}
