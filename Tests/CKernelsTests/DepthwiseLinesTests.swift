import CKernels
import KernelFences
import Testing

@Suite("Depthwise convolution by lines")
struct DepthwiseLinesTests {
  /// `m` neighbours in each of `outputs` lines, with two pixels between the lines and two floats between the pixels.
  struct Problem {
    let m: Int, channels: Int
    let outputs: Int, lines: Int, width: Int, stride: Int
    let image: Guarded
    let weights: [Float], bias: [Float], residual: [Float]
    var ldc: Int { channels + 2 }
    var pitch: Int { m + 2 }
    private var lineStride: Int { ((m - 1) * stride + width) * channels }
    private var step: Int { lineStride + 3 }

    init(_ m: Int, _ channels: Int, outputs: Int = 3, lines: Int = 3, width: Int = 3, stride: Int = 1) {
      (self.m, self.channels, self.outputs, self.lines) = (m, channels, outputs, lines)
      (self.width, self.stride) = (width, stride)
      var random = Seeded(m * 7919 + channels * 31 + outputs * 7 + lines * 5 + width * 3 + stride)
      let line = ((m - 1) * stride + width) * channels
      image = Guarded(random.floats((outputs - 1) * (line + 3) + max(lines, 1) * line))
      weights = random.floats(lines * width * channels)
      bias = random.floats(channels)
      residual = random.floats(((outputs - 1) * (m + 2) + m) * (channels + 2))
    }

    /// All outputs, or those of pixels `pixels` of each line, without what lies between them.
    func run(_ level: Level, pixels: Range<Int>? = nil, _ activation: ck_activation?) -> [Float] {
      let pixels = pixels ?? 0..<m
      let rows = (outputs - 1) * pitch + pixels.count
      let c = Guarded(count: rows * ldc)
      var conv = ck_depthwise_lines(
        outputs: outputs, pitch: pitch, lines: lines, width: width, stride: stride, channels: channels,
        line_stride: lineStride, step: step)
      bias.withUnsafeBufferPointer { bias in
        residual.withUnsafeBufferPointer { residual in
          var epilogue = ck_epilogue(
            bias: bias.baseAddress, residual: residual.baseAddress.map { $0 + pixels.lowerBound * ldc }, ldr: ldc,
            activation: activation ?? .linear)
          let first = image.pointer + pixels.lowerBound * stride * channels
          withUnsafePointer(to: &epilogue) {
            level.kernels.depthwise_lines(
              &conv, pixels.count, first, weights, c.pointer, ldc, activation == nil ? nil : $0)
          }
        }
      }
      let values = c.values
      let isOutput = { (index: Int) in index % ldc < channels && index / ldc % pitch < pixels.count }
      #expect(c.isIntact && values.indices.allSatisfy { isOutput($0) || values[$0].isNaN }, "wrote between")
      return values.indices.filter(isOutput).map { values[$0] }
    }
  }

  private static var problems: [Problem] {
    [1, 3, 8, 16, 21, 40, 67].flatMap { channels in
      [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 29].map { Problem($0, channels) }
        + [3, 5, 7].flatMap { width in [1, 2].map { Problem(11, channels, lines: width, width: width, stride: $0) } }
        + [
          Problem(6, channels, outputs: 1), Problem(9, channels, lines: 0), Problem(300, channels, lines: 2, stride: 2),
        ]
    }
  }

  @Test(arguments: Level.all)
  func matchesReference(_ level: Level) {
    for problem in Self.problems {
      for activation in [nil, .linear, .relu, .sigmoid] as [ck_activation?] {
        let expected = problem.run(.reference, activation)
        #expect(worstDifference(problem.run(level, activation), expected) < 2e-6, "\(problem)")
      }
    }
  }

  @Test(arguments: Level.all)
  func neighboursDoNotChangeAnOutput(_ level: Level) {
    for channels in [1, 8, 21, 40] {
      let problem = Problem(21, channels, outputs: 1)
      let whole = problem.run(level, .relu)
      for cut in [1, 2, 5, 8, 13, 20] {
        let parts = problem.run(level, pixels: 0..<cut, .relu) + problem.run(level, pixels: cut..<21, .relu)
        #expect(parts.bits == whole.bits, "\(channels) channels, cut at \(cut)")
      }
    }
  }
}
