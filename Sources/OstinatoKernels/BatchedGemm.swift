import COpenBLAS

/// A product of matrices that may each be read transposed: `c = a · b`.
package struct MatrixProduct: Sendable, Hashable {
  package let m: Int
  package let n: Int
  package let k: Int
  /// Whether `a` is stored as `(k, m)`.
  package let transposeA: Bool
  /// Whether `b` is stored as `(n, k)`.
  package let transposeB: Bool

  package init(m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false) {
    self.m = m
    self.n = n
    self.k = k
    self.transposeA = transposeA
    self.transposeB = transposeB
  }

  /// Multiplies matrices that lie densely, row-major.
  package func run(a: Source, b: Source, c: Target) {
    guard m > 0, n > 0, k > 0 else {
      c.update(repeating: 0, count: m * n)
      return
    }
    _ = singleThreadedBLAS
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, blasint(m),
      blasint(n), blasint(k), 1, a, blasint(transposeA ? m : k), b, blasint(transposeB ? k : n), 0, c, blasint(n))
  }
}
