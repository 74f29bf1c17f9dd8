import CKernels
import KernelFences
import Testing

@Suite("1D convolution")
struct Conv1DTests {
  struct Problem: Sendable, CustomTestStringConvertible {
    let lines: Int, length: Int, channels: Int, filters: Int, taps: Int, dilation: Int, pad: Int
    var outLength: Int { length - (taps - 1) * dilation + 2 * pad }
    var testDescription: String {
      "\(lines) × \(length) × \(channels) → \(filters), \(taps) taps \(dilation) apart, padding \(pad)"
    }
    var ldc: Int { filters + 3 }
    var size: Int { lines * outLength * ldc }
    /// u times the number of products, those of taps that fill a group included: about a third of the method's bound.
    var tolerance: Float { Float(max((taps + 3) / 4 * 4 * channels, 32)) * 0x1p-24 }

    /// The output with bias, residual and `activation`, `step` units at a time.
    func run(_ level: Level, _ activation: ck_activation, step: Int) -> [Float] {
      var random = Seeded(lines * 31 + length * 17 + channels * 5 + filters * 3 + taps)
      let x = random.floats(lines * length * channels), kernel = random.floats(taps * channels * filters)
      let bias = random.floats(filters), residual = random.floats(size)
      let kernels = level.kernels
      var conv = ck_conv1d(
        lines: lines, length: length, channels: channels, out_length: outLength, filters: filters, taps: taps,
        dilation: dilation, pad: pad)
      let packed = Guarded(count: kernels.conv1d_packed_size(taps, channels, filters))
      let workspace = Guarded(count: kernels.conv1d_workspace(&conv))
      kernels.conv1d_pack(taps, channels, filters, kernel, packed.pointer)
      let c = Guarded(count: size)
      bias.withUnsafeBufferPointer { bias in
        residual.withUnsafeBufferPointer { residual in
          var epilogue = ck_epilogue(
            bias: bias.baseAddress, residual: residual.baseAddress, ldr: ldc, activation: activation)
          let units = kernels.conv1d_units(&conv)
          for first in stride(from: 0, to: units, by: step) {
            kernels.conv1d(
              &conv, first, min(first + step, units), x, packed.pointer, c.pointer, ldc, &epilogue, workspace.pointer)
          }
        }
      }
      #expect(packed.isIntact && workspace.isIntact && c.isIntact)
      let values = c.values
      #expect(values.indices.allSatisfy { values[$0].isNaN == ($0 % ldc >= filters) })
      return values.enumerated().filter { $0.offset % ldc < filters }.map(\.element)
    }
  }

  static let problems = [
    Problem(lines: 1, length: 1, channels: 1, filters: 1, taps: 1, dilation: 1, pad: 0),
    Problem(lines: 2, length: 9, channels: 3, filters: 5, taps: 3, dilation: 1, pad: 1),
    Problem(lines: 3, length: 130, channels: 17, filters: 24, taps: 3, dilation: 2, pad: 2),
    Problem(lines: 5, length: 19, channels: 20, filters: 40, taps: 5, dilation: 1, pad: 2),
    Problem(lines: 7, length: 21, channels: 32, filters: 50, taps: 12, dilation: 1, pad: 0),
    Problem(lines: 1, length: 450, channels: 8, filters: 16, taps: 11, dilation: 1, pad: 5),
    Problem(lines: 2, length: 97, channels: 5, filters: 17, taps: 7, dilation: 4, pad: 12),
    Problem(lines: 1, length: 500, channels: 16, filters: 20, taps: 21, dilation: 10, pad: 100),
    Problem(lines: 3, length: 5, channels: 9, filters: 33, taps: 4, dilation: 9, pad: 27),
    Problem(lines: 1, length: 60, channels: 300, filters: 197, taps: 5, dilation: 2, pad: 4),
  ]

  @Test(arguments: Level.all, problems)
  func matchesReference(_ level: Level, _ problem: Problem) {
    for activation in [.linear, .relu, .tanh] as [ck_activation] {
      let expected = problem.run(.reference, activation, step: .max)
      #expect(worstDifference(problem.run(level, activation, step: .max), expected) < problem.tolerance)
    }
  }

  @Test(arguments: Level.all, problems)
  func partsGiveTheSameBits(_ level: Level, _ problem: Problem) {
    let whole = problem.run(level, .relu, step: .max)
    #expect(problem.run(level, .relu, step: 1).bits == whole.bits)
    #expect(problem.run(level, .relu, step: 3).bits == whole.bits)
  }
}
