import CKernels
import KernelFences
import Testing

@Suite("Convolution by lines")
struct ConvLinesTests {
  /// Output lines one image line apart: `lines` of the kernel's `kernelLines` lie in the image, the first being
  /// `firstLine`, in each of `planes` of its `kernelPlanes`.
  struct Problem {
    let m: Int, n: Int, run: Int, lda: Int, outputs: Int
    let kernelLines = 3, kernelPlanes: Int
    let firstLine: Int, lines: Int, planes: Range<Int>
    let image: Guarded
    let weights: [Float], bias: [Float], residual: [Float]
    var lineStride: Int { (m - 1) * lda + run }
    var planeStride: Int { (lines + outputs - 1) * lineStride }
    var k: Int { kernelPlanes * kernelLines * run }

    init(
      _ m: Int, _ n: Int, run: Int, lda: Int, lines: Range<Int> = 0..<3, planes: Range<Int> = 0..<1,
      of kernelPlanes: Int = 1, outputs: Int = 1
    ) {
      (self.m, self.n, self.run, self.lda, self.outputs) = (m, n, run, lda, outputs)
      (firstLine, self.lines) = (lines.lowerBound, lines.count)
      (self.planes, self.kernelPlanes) = (planes, kernelPlanes)
      var random = Seeded(m * 7919 + n * 104_729 + run * 31 + lda)
      image = Guarded(random.floats(planes.count * (lines.count + outputs - 1) * ((m - 1) * lda + run)))
      weights = random.floats(kernelPlanes * kernelLines * run * n)
      bias = random.floats(n)
      residual = random.floats(outputs * m * (n + 2))
    }

    /// Pixels `pixels` of the line, all of them where there are several; rows of c are `gap` floats further apart than they are long.
    func run(
      _ level: Level, pixels: Range<Int>, gap: Int = 0, activation: ck_activation = .linear, fused: Bool = true
    ) -> [Float] {
      let (kernels, ldc) = (level.kernels, n + gap)
      let packed = Guarded(count: kernels.packed_size(k, n))
      kernels.pack_b(k, n, weights, n, packed.pointer)
      let c = Guarded(count: outputs * pixels.count * ldc)
      var lines = ck_conv_lines(
        outputs: outputs, kernel_planes: kernelPlanes, kernel_lines: kernelLines, first_plane: planes.lowerBound,
        planes: planes.count, first_line: firstLine, lines: self.lines, run: run, plane_stride: planeStride,
        line_stride: lineStride, lda: lda, step: lineStride)
      bias.withUnsafeBufferPointer { bias in
        residual.withUnsafeBufferPointer { residual in
          var epilogue = ck_epilogue(
            bias: bias.baseAddress, residual: residual.baseAddress.map { $0 + pixels.lowerBound * (n + 2) },
            ldr: n + 2, activation: activation)
          let first = image.pointer + pixels.lowerBound * lda
          withUnsafePointer(to: &epilogue) { epilogue in
            kernels.conv_lines(
              &lines, pixels.count, n, first, packed.pointer, c.pointer, ldc, fused ? epilogue : nil)
          }
        }
      }
      let values = c.values
      #expect(c.isIntact && values.indices.allSatisfy { $0 % ldc < n || values[$0].isNaN }, "wrote outside")
      return (0..<outputs * pixels.count).flatMap { values[($0 * ldc)...].prefix(n) }
    }

    /// Whether `c` lies within the rounding of float arithmetic of the exact result.
    func isClose(_ c: [Float], fused: Bool) -> Bool {
      c.indices.allSatisfy { index in
        let (i, j) = (index / n, index % n)
        var (sum, scale) = (fused ? Double(bias[j]) + Double(residual[i * (n + 2) + j]) : 0, 2.0)
        for (plane, line) in planes.indices.flatMap({ plane in (0..<lines).map { (plane, $0) } }) {
          let first = (plane - planes.lowerBound) * planeStride + (i / m + line) * lineStride + i % m * lda
          for t in 0..<run {
            let weight = weights[((plane * kernelLines + firstLine + line) * run + t) * n + j]
            let product = Double(image.pointer[first + t]) * Double(weight)
            (sum, scale) = (sum + product, scale + abs(product))
          }
        }
        return abs(Double(c[index]) - sum) <= 3e-7 * scale * max(1, Double(k).squareRoot() / 4)
      }
    }
  }

  @Test(arguments: Level.all)
  func matchesDoublePrecision(_ level: Level) {
    for m in Array(1...14) + [16, 17, 26, 31, 33, 47, 65, 100, 130] {
      for n in [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 32, 33, 65] {
        for (run, lda) in [(1, 1), (3, 1), (5, 1), (9, 3), (6, 4), (2, 5)] {
          let problem = Problem(m, n, run: run, lda: lda)
          for fused in [false, true] {
            let c = problem.run(level, pixels: 0..<m, gap: fused ? 1 : 0, fused: fused)
            #expect(problem.isClose(c, fused: fused), "\(m) × \(n), run \(run), lda \(lda), fused: \(fused)")
          }
        }
      }
    }
  }

  @Test(arguments: Level.all)
  func skipsLinesOutsideTheImage(_ level: Level) {
    for lines in [0..<1, 1..<3, 2..<3, 0..<2, 1..<1, 3..<3] {
      for (n, lda) in [(1, 2), (3, 2), (4, 2), (6, 1), (20, 2)] {
        let problem = Problem(19, n, run: 6, lda: lda, lines: lines)
        #expect(problem.isClose(problem.run(level, pixels: 0..<19), fused: true), "\(lines), \(n) filters")
      }
    }
  }

  @Test(arguments: Level.all)
  func sumsOverPlanes(_ level: Level) {
    let sizes = [(19, 20, 3, 2), (26, 3, 3, 2), (26, 7, 3, 1), (100, 33, 9, 2), (19, 5, 100, 2), (7, 1, 40, 2)]
    for (m, n, run, lda) in sizes {
      for (planes, lines) in [(0..<3, 0..<3), (1..<3, 0..<2), (0..<2, 1..<3), (2..<2, 0..<3), (0..<3, 1..<1)] {
        let problem = Problem(m, n, run: run, lda: lda, lines: lines, planes: planes, of: 3, outputs: 2)
        let isClose = problem.isClose(problem.run(level, pixels: 0..<m), fused: true)
        #expect(isClose, "\(m) × \(n), run \(run), planes \(planes), lines \(lines)")
      }
    }
  }

  @Test(arguments: Level.all)
  func severalLinesAtOnce(_ level: Level) {
    // Runs of 50 are long enough for up to 12 filters to be narrow.
    let few = [(1, 3, 3), (5, 2, 3), (5, 6, 3), (26, 3, 3), (26, 4, 3), (26, 7, 3)]
    let sizes = few + [(19, 20, 3), (100, 33, 3), (26, 5, 50), (19, 12, 50)]
    for (m, n, run) in sizes {
      let problem = Problem(m, n, run: run, lda: 1, outputs: 4)
      for gap in [0, 1] {
        let isClose = problem.isClose(problem.run(level, pixels: 0..<m, gap: gap), fused: true)
        #expect(isClose, "\(m) × \(n), run \(run), gap \(gap)")
      }
    }
  }

  @Test(arguments: Level.all)
  func pixelDependsOnItselfAlone(_ level: Level) {
    for n in [1, 2, 3, 4, 7, 16, 40] {
      for (run, lda) in [(3, 1), (9, 3)] {
        let problem = Problem(70, n, run: run, lda: lda)
        let whole = problem.run(level, pixels: 0..<70)
        for pixels in [0..<1, 3..<20, 5..<21, 69..<70, 1..<70, 30..<63] {
          let part = problem.run(level, pixels: pixels)
          #expect(part.bits == Array(whole[(pixels.lowerBound * n)..<(pixels.upperBound * n)]).bits)
        }
      }
    }
  }

  @Test(arguments: Level.all, ck_activation.all)
  func activationRunsLast(_ level: Level, _ activation: ck_activation) {
    for (m, n, gap) in [(26, 3, 0), (26, 3, 2), (13, 33, 1), (5, 1, 0)] {
      let problem = Problem(m, n, run: 3, lda: 1)
      let plain = problem.run(level, pixels: 0..<m, gap: gap)
      let expected = Guarded(count: m * n)
      level.kernels.activate(plain, expected.pointer, m * n, activation)
      let c = problem.run(level, pixels: 0..<m, gap: gap, activation: activation)
      #expect(c.bits == expected.values.bits, "\(m) × \(n)")
    }
  }
}
