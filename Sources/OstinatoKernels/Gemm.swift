import COpenBLAS

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// OpenBLAS with one thread: the pool that runs the program owns all parallelism.
///
/// `openblas_set_num_threads` acts on the whole process; with `OSTINATO_KEEP_BLAS_THREADS` in the environment the
/// setting stays as it is.
let singleThreadedBLAS: Void = {
  if getenv("OSTINATO_KEEP_BLAS_THREADS") == nil { openblas_set_num_threads(1) }
}()

/// `c = a · b`, or `c += a · b` where `accumulate`; all row-major.
///
/// - Parameters:
///   - m: rows of `a` and `c`.
///   - n: columns of `b` and `c`.
///   - k: columns of `a`, rows of `b`.
///   - a: `(m, k)`, rows `lda` apart.
///   - b: `(k, n)`, rows `ldb` apart.
///   - c: `(m, n)`, rows `ldc` apart.
package func gemm(
  m: Int, n: Int, k: Int, a: Source, lda: Int, b: Source, ldb: Int, c: Target, ldc: Int, accumulate: Bool = false
) {
  guard m > 0, n > 0 else { return }
  guard k > 0 else {
    if !accumulate { for row in 0..<m { (c + row * ldc).update(repeating: 0, count: n) } }
    return
  }
  _ = singleThreadedBLAS
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(lda), b, blasint(ldb),
    accumulate ? 1 : 0, c, blasint(ldc))
}
