import CKernels
import KernelFences
import Testing

@Suite("Depthwise convolution and pooling")
struct SpatialTests {
  /// Windows into a random image; a quarter of the taps is padding, but never the first one of a window.
  struct Problem {
    let m: Int, channels: Int, taps: Int
    let image: [Float], offsets: [Int32], weights: [Float], bias: [Float], residual: [Float]
    /// Floats between the rows of outputs.
    var gap = 2
    var ldc: Int { channels + gap }

    /// Windows anywhere.
    init(_ m: Int, _ channels: Int, _ taps: Int) {
      var random = Seeded(m * 31 + channels * 7 + taps)
      let offsets = (0..<(m * taps)).map { index in
        let isPadding = index % taps > 0 && Int.random(in: 0..<4, using: &random) == 0
        return isPadding ? -1 : Int32.random(in: 0..<2000, using: &random)
      }
      self.init(channels, taps, offsets, &random)
    }

    /// The windows of a padded convolution of `side` × `side` over an image of 7 × 12 pixels, side by side.
    init(channels: Int, side: Int, stride: Int, dilation: Int = 1) {
      var (random, offsets) = (Seeded(channels * 7 + side), [Int32]())
      for pixel in (0..<7).flatMap({ y in (0..<12).map { (y: y, x: $0) } })
      where pixel.y % stride == 0 && pixel.x % stride == 0 {
        for tap in 0..<side * side {
          let (y, x) = (pixel.y + (tap / side - side / 2) * dilation, pixel.x + (tap % side - side / 2) * dilation)
          offsets.append((0..<7).contains(y) && (0..<12).contains(x) ? Int32((y * 12 + x) * channels) : -1)
        }
      }
      self.init(channels, side * side, offsets, &random)
    }

    private init(_ channels: Int, _ taps: Int, _ offsets: [Int32], _ random: inout Seeded) {
      (self.m, self.channels, self.taps, self.offsets) = (offsets.count / taps, channels, taps, offsets)
      image = random.floats(2000 + 85 * channels)
      weights = random.floats(taps * channels)
      bias = random.floats(channels)
      residual = random.floats(m * (channels + 2))
    }

    typealias Kernel = (UnsafePointer<Int32>?, Int, UnsafeMutablePointer<Float>) -> Void

    /// The outputs `rows` of `kernel`, without the gaps between them.
    func run(_ rows: Range<Int>, _ kernel: Kernel) -> [Float] {
      let c = Guarded(count: rows.count * ldc)
      offsets.withUnsafeBufferPointer { offsets in
        kernel(offsets.baseAddress.map { $0 + rows.lowerBound * taps }, rows.count, c.pointer)
      }
      let values = c.values
      #expect(c.isIntact && values.indices.allSatisfy { $0 % ldc < channels || values[$0].isNaN })
      return (0..<rows.count).flatMap { values[($0 * ldc)..<($0 * ldc + channels)] }
    }

    func depthwise(_ level: Level, _ rows: Range<Int>, _ activation: ck_activation?) -> [Float] {
      bias.withUnsafeBufferPointer { bias in
        residual.withUnsafeBufferPointer { residual in
          var epilogue = ck_epilogue(
            bias: bias.baseAddress,
            residual: residual.baseAddress.map { $0 + rows.lowerBound * ldc },
            ldr: ldc,
            activation: activation ?? .linear
          )
          return withUnsafePointer(to: &epilogue) { epilogue in
            run(rows) { offsets, m, c in
              level.kernels.depthwise(
                m,
                channels,
                taps,
                image,
                offsets,
                weights,
                c,
                ldc,
                activation == nil ? nil : epilogue
              )
            }
          }
        }
      }
    }

    func maxpool(_ level: Level, _ rows: Range<Int>) -> [Float] {
      run(rows) { offsets, m, c in level.kernels.maxpool(m, channels, taps, image, offsets, c, ldc) }
    }

    func avgpool(_ level: Level, _ rows: Range<Int>) -> [Float] {
      run(rows) { offsets, m, c in level.kernels.avgpool(m, channels, taps, image, offsets, c, ldc) }
    }
  }

  @Test(arguments: Level.all)
  func matchReference(_ level: Level) {
    for channels in 0...67 {
      for (m, taps) in [(1, 9), (4, 9), (5, 4), (8, 1), (11, 25)] {
        var problem = Problem(m, channels, taps)
        problem.gap = m % 2 * 2
        let rows = 0..<m
        for activation in [nil, .linear, .relu, .sigmoid] as [ck_activation?] {
          let expected = problem.depthwise(.reference, rows, activation)
          #expect(worstDifference(problem.depthwise(level, rows, activation), expected) < 2e-6, "\(channels)")
        }
        #expect(problem.maxpool(level, rows) == problem.maxpool(.reference, rows), "\(channels)")
        #expect(worstDifference(problem.avgpool(level, rows), problem.avgpool(.reference, rows)) < 1e-6, "\(channels)")
      }
    }
  }

  static let neighbours = [1, 3, 8, 16, 21, 32, 40].flatMap { channels in
    [
      Problem(channels: channels, side: 3, stride: 1), Problem(channels: channels, side: 3, stride: 2),
      Problem(channels: channels, side: 3, stride: 1, dilation: 2), Problem(channels: channels, side: 5, stride: 1),
    ]
  }

  @Test(arguments: Level.all)
  func neighboursMatchReferenceWhereverTheyAreCut(_ level: Level) {
    for problem in Self.neighbours {
      let (rows, channels) = (0..<problem.m, problem.channels)
      let whole = problem.depthwise(level, rows, .relu)
      #expect(worstDifference(whole, problem.depthwise(.reference, rows, .relu)) < 2e-6, "\(channels)")
      for cut in [1, 2, 3, 5, problem.m - 2] {
        let parts = problem.depthwise(level, 0..<cut, .relu) + problem.depthwise(level, cut..<problem.m, .relu)
        #expect(parts.bits == whole.bits, "\(channels), \(problem.taps) taps, cut at \(cut)")
      }
    }
  }

  @Test(arguments: Level.all)
  func outputsDoNotDependOnTheBatch(_ level: Level) {
    for channels in [1, 8, 24, 33] {
      let problem = Problem(11, channels, 9)
      for rows in [0..<1, 3..<4, 2..<7, 10..<11] {
        let slice = (rows.lowerBound * channels)..<(rows.upperBound * channels)
        let depthwise = problem.depthwise(level, 0..<11, .relu)
        #expect(problem.depthwise(level, rows, .relu).bits == Array(depthwise[slice]).bits)
        #expect(problem.maxpool(level, rows).bits == Array(problem.maxpool(level, 0..<11)[slice]).bits)
        #expect(problem.avgpool(level, rows).bits == Array(problem.avgpool(level, 0..<11)[slice]).bits)
      }
    }
  }

  /// As with Keras: the largest of the others.
  @Test(arguments: Level.all)
  func largestLeavesOutNaN(_ level: Level) {
    for place in 0..<4 {
      let image = (0..<4 * 19).map { $0 / 19 == place ? Float.nan : Float($0) }
      let y = Guarded(count: 19)
      level.kernels.maxpool(1, 19, 4, image, [0, 19, 38, 57], y.pointer, 19)
      #expect(y.isIntact && y.values == (0..<19).map { Float($0 + (place == 3 ? 38 : 57)) }, "place \(place)")
    }
  }

  @Test(arguments: Level.all)
  func windowOfPaddingOnly(_ level: Level) {
    var y: Float = 0
    level.kernels.maxpool(1, 1, 2, [5], [-1, -1], &y, 1)
    #expect(y == -.infinity)
  }
}
