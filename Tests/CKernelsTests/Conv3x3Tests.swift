import CKernels
import KernelFences
import Testing

@Suite("3×3 convolution")
struct Conv3x3Tests {
  struct Problem: Sendable, CustomTestStringConvertible {
    let height: Int, width: Int, channels: Int, filters: Int, padding: Int
    var depth = 1, kernelDepth = 1, padFront = 0
    var tile = 4
    let volumes = 2
    var outDepth: Int { depth - kernelDepth + 1 + 2 * padFront }
    var outHeight: Int { height - 2 + 2 * padding }
    var outWidth: Int { width - 2 + 2 * padding }
    var testDescription: String {
      let volume = "\(depth) × \(height) × \(width) × \(channels)"
      return "\(volume) → \(filters), \(kernelDepth) planes, padding \(padding), tiles of \(tile)"
    }
    var ldc: Int { filters + 3 }

    /// The outputs with bias, residual and `activation`, computed in parts of `step` tiles and `filterStep` filters.
    func run(_ level: Level, _ activation: ck_activation, step: Int, filterStep: Int = .max) -> [Float] {
      var random = Seeded(height * 31 + width * 17 + channels * 5 + filters)
      let image = random.floats(volumes * depth * height * width * channels)
      let kernel = random.floats(kernelDepth * 9 * channels * filters)
      let outputs = volumes * outDepth * outHeight * outWidth
      let bias = random.floats(filters), residual = random.floats(outputs * ldc)
      let kernels = level.kernels
      var conv = ck_conv3x3(
        tile: tile, depth: depth, height: height, width: width, channels: channels, out_depth: outDepth,
        out_height: outHeight, out_width: outWidth, filters: filters, kernel_depth: kernelDepth, pad_front: padFront,
        pad_top: padding, pad_left: padding)
      let packed = Guarded(count: kernels.conv3x3_packed_size(tile, kernelDepth, channels, filters))
      let workspace = Guarded(count: kernels.conv3x3_workspace(&conv))
      kernels.conv3x3_pack(tile, kernelDepth, channels, filters, kernel, packed.pointer)
      let c = Guarded(count: outputs * ldc)
      bias.withUnsafeBufferPointer { bias in
        residual.withUnsafeBufferPointer { residual in
          var epilogue = ck_epilogue(
            bias: bias.baseAddress,
            residual: residual.baseAddress,
            ldr: ldc,
            activation: activation
          )
          let tiles = volumes * ((outHeight + tile - 1) / tile) * ((outWidth + tile - 1) / tile)
          for first in stride(from: 0, to: tiles, by: step) {
            for filter in stride(from: 0, to: filters, by: filterStep) {
              let part = ck_conv3x3_part(
                first_tile: first, end_tile: min(first + step, tiles), first_filter: filter,
                end_filter: filterStep > filters || filters - filter < 2 * filterStep ? filters : filter + filterStep)
              kernels.conv3x3(&conv, part, image, packed.pointer, c.pointer, ldc, &epilogue, workspace.pointer)
              if part.end_filter == filters { break }
            }
          }
        }
      }
      #expect(packed.isIntact && workspace.isIntact && c.isIntact)
      let values = c.values
      #expect(values.indices.allSatisfy { values[$0].isNaN == ($0 % ldc >= filters) })
      return values.enumerated().filter { $0.offset % ldc < filters }.map(\.element)
    }
  }

  static let problems = [4, 2].flatMap { tile in
    shapes.map { shape in
      var problem = shape
      problem.tile = tile
      return problem
    }
  }

  private static let shapes = [
    Problem(height: 3, width: 3, channels: 1, filters: 1, padding: 0),
    Problem(height: 1, width: 2, channels: 3, filters: 5, padding: 1),
    Problem(height: 4, width: 4, channels: 8, filters: 16, padding: 1),
    Problem(height: 7, width: 9, channels: 5, filters: 33, padding: 1),
    Problem(height: 13, width: 6, channels: 17, filters: 3, padding: 0),
    Problem(height: 18, width: 21, channels: 16, filters: 20, padding: 1),
    Problem(height: 9, width: 10, channels: 5, filters: 197, padding: 1),
    // More weights to a point than go together, though its parts of 64 filters have fewer.
    Problem(height: 6, width: 9, channels: 13, filters: 325, padding: 1),
    Problem(height: 50, width: 30, channels: 4, filters: 6, padding: 2),
    Problem(height: 6, width: 9, channels: 5, filters: 20, padding: 1, depth: 4, kernelDepth: 3, padFront: 1),
    Problem(height: 9, width: 5, channels: 8, filters: 3, padding: 0, depth: 5, kernelDepth: 2),
    Problem(height: 4, width: 3, channels: 3, filters: 130, padding: 1, depth: 1, kernelDepth: 4, padFront: 3),
    Problem(height: 5, width: 5, channels: 3, filters: 33, padding: 1, depth: 110, kernelDepth: 3, padFront: 1),
  ]

  @Test(arguments: Level.all, problems)
  func matchesReference(_ level: Level, _ problem: Problem) {
    for activation in [.linear, .relu, .tanh] as [ck_activation] {
      let expected = problem.run(.reference, activation, step: 1000)
      #expect(worstDifference(problem.run(level, activation, step: 1000), expected) < 1e-5)
    }
  }

  @Test(arguments: Level.all, problems)
  func partsGiveTheSameBits(_ level: Level, _ problem: Problem) {
    let whole = problem.run(level, .relu, step: 1000)
    #expect(problem.run(level, .relu, step: 1).bits == whole.bits)
    #expect(problem.run(level, .relu, step: 7).bits == whole.bits)
    #expect(problem.run(level, .relu, step: 2, filterStep: 64).bits == whole.bits)
  }
}
