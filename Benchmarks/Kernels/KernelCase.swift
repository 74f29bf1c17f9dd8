import CKernels

/// A kernel on a problem.
struct KernelCase {
  let name: String
  /// A multiply-add counts as two; Winograd's method as the direct sum that it replaces.
  let flops: Int
  /// One call of the kernel, its operands made.
  let prepare: (ck_kernels) -> () -> Void

  /// GFLOP/s of the best of twelve rounds of some milliseconds, everything warm.
  func speed(of kernels: ck_kernels) -> Double {
    let run = prepare(kernels)
    let calls = max(1, 100_000_000 / flops)
    let seconds = (0..<12).map { _ in
      ContinuousClock().measure { for _ in 0..<calls { run() } } / .seconds(1)
    }.min()
    return Double(flops * calls) / (seconds ?? .infinity) / 1e9
  }
}

/// Memory for the operands of a kernel, filled with small numbers that are no powers of two.
final class Floats {
  let base: UnsafeMutablePointer<Float>

  init(_ count: Int) {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
    base = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
    for index in 0..<count { base[index] = Float(index % 97) * 0.01 - 0.4 }
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}

extension ck_kernels {
  /// A `(k, n)` matrix as `gemm`, `igemm` and `conv_lines` read it.
  func packedMatrix(k: Int, n: Int) -> Floats {
    let (matrix, packed) = (Floats(k * n), Floats(packed_size(k, n)))
    withExtendedLifetime(matrix) { pack_b(k, n, matrix.base, n, packed.base) }
    return packed
  }
}

extension ck_epilogue {
  /// A bias of `bias`, then a ReLU.
  init(bias: Floats) {
    self.init(
      bias: bias.base, residual: nil, ldr: 0, activation: ck_activation(kind: .CK_ACT_RELU, alpha: 0, beta: 0))
  }
}
