import CKernels
import KernelFences
import Testing

@Suite("Matrix product")
struct GemmTests {
  /// `c = activation(a · b + bias + residual)` with rows of a, b and c further apart than they are long, those of c and of
  /// the residual by `gap`.
  struct Problem {
    let m: Int, n: Int, k: Int, gap: Int
    let a: [Float], b: [Float], bias: [Float], residual: [Float]
    var lda: Int { k + 3 }
    var ldb: Int { n + 1 }
    var ldc: Int { n + gap }

    init(_ m: Int, _ n: Int, _ k: Int, gap: Int = 2) {
      (self.m, self.n, self.k, self.gap) = (m, n, k, gap)
      var random = Seeded(m * 7919 + n * 104_729 + k)
      a = random.floats(m * (k + 3))
      b = random.floats(k * (n + 1))
      bias = random.floats(n)
      residual = random.floats(m * (n + gap))
    }

    func packed(_ kernels: ck_kernels) -> Guarded {
      let packed = Guarded(count: kernels.packed_size(k, n))
      kernels.pack_b(k, n, b, ldb, packed.pointer)
      #expect(packed.isIntact && packed.values.allSatisfy { !$0.isNaN })
      return packed
    }

    /// The rows `rows` of c, without the gaps between them.
    func run(
      _ kernels: ck_kernels,
      _ packed: Guarded,
      rows: Range<Int>,
      activation: ck_activation = .linear,
      fused: Bool = true
    ) -> [Float] {
      let c = Guarded(count: rows.count * ldc)
      a.withUnsafeBufferPointer { a in
        bias.withUnsafeBufferPointer { bias in
          residual.withUnsafeBufferPointer { residual in
            var epilogue = ck_epilogue(
              bias: bias.baseAddress,
              residual: residual.baseAddress.map { $0 + rows.lowerBound * ldc },
              ldr: ldc,
              activation: activation
            )
            let first = a.baseAddress.map { $0 + rows.lowerBound * lda }
            if fused {
              kernels.gemm(rows.count, n, k, first, lda, packed.pointer, c.pointer, ldc, &epilogue)
            } else {
              kernels.gemm(rows.count, n, k, first, lda, packed.pointer, c.pointer, ldc, nil)
            }
          }
        }
      }
      #expect(c.isIntact)
      let values = c.values
      #expect(values.indices.allSatisfy { $0 % ldc < n || values[$0].isNaN }, "wrote between rows")
      return (0..<rows.count).flatMap { values[($0 * ldc)..<($0 * ldc + n)] }
    }

    /// Element (i, j) of the plain product in double precision, and the sum of the magnitudes that went into it.
    func exact(_ i: Int, _ j: Int) -> (value: Double, scale: Double) {
      (0..<k).reduce((0, 0)) { sum, kk in
        let product = Double(a[i * lda + kk]) * Double(b[kk * ldb + j])
        return (sum.0 + product, sum.1 + abs(product))
      }
    }

    /// Whether `c` lies within the rounding of float arithmetic of the exact result with bias and residual.
    func isClose(_ c: [Float], fused: Bool) -> Bool {
      (0..<(m * n)).allSatisfy { index in
        let (i, j) = (index / n, index % n)
        let (product, scale) = exact(i, j)
        let added = fused ? Double(bias[j]) + Double(residual[i * ldc + j]) : 0
        return abs(Double(c[index]) - product - added) <= 3e-7 * (scale + 2) * max(1, Double(k).squareRoot() / 4)
      }
    }
  }

  @Test(arguments: Level.all)
  func matchesDoublePrecision(_ level: Level) {
    let sizes = [1, 2, 3, 4, 5, 6, 7, 12, 13, 25]
    for m in sizes {
      for n in sizes + [8, 15, 16, 17, 31, 32, 33, 48, 65, 100, 130] {
        for k in [0, 1, 2, 3, 17, 64, 145] {
          let problem = Problem(m, n, k)
          let packed = problem.packed(level.kernels)
          for fused in [false, true] {
            let c = problem.run(level.kernels, packed, rows: 0..<m, fused: fused)
            let isClose = problem.isClose(c, fused: fused)
            #expect(isClose, "\(m) × \(n) × \(k), fused: \(fused)")
          }
        }
      }
    }
  }

  @Test(arguments: Level.all)
  func packsATransposeAsItself(_ level: Level) {
    for n in [1, 2, 4, 5, 12, 15, 16, 17, 33] {
      for k in [1, 3, 8, 17, 150] {
        let problem = Problem(1, n, k)
        let ldb = k + 2
        let transpose = (0..<(n * ldb)).map { $0 % ldb < k ? problem.b[$0 % ldb * problem.ldb + $0 / ldb] : .nan }
        let packed = Guarded(count: level.kernels.packed_size(k, n))
        level.kernels.pack_b_transposed(k, n, transpose, ldb, packed.pointer)
        #expect(packed.isIntact && packed.values.bits == problem.packed(level.kernels).values.bits, "\(k) × \(n)")
      }
    }
  }

  @Test(arguments: Level.all)
  func matchesDoublePrecisionWhereBlocked(_ level: Level) {
    // At k = 1021 the rows lie 1024 apart, for which a block is copied.
    for (m, n, k) in [
      (7, 17, 257), (13, 40, 300), (97, 33, 513), (200, 9, 769), (4, 70, 1000), (100, 3, 600), (110, 20, 1021),
    ] {
      let problem = Problem(m, n, k)
      let c = problem.run(level.kernels, problem.packed(level.kernels), rows: 0..<m)
      let isClose = problem.isClose(c, fused: true)
      #expect(isClose, "\(m) × \(n) × \(k)")
    }
  }

  @Test(arguments: Level.all)
  func residualMayBeTheResult(_ level: Level) {
    for (m, n, k) in [(1, 40, 5), (5, 9, 300), (13, 40, 300), (25, 3, 70), (97, 33, 513), (20, 20, 1021)] {
      for gap in [0, 2] {
        let problem = Problem(m, n, k, gap: gap)
        let packed = problem.packed(level.kernels)
        let c = Guarded(problem.residual)
        problem.bias.withUnsafeBufferPointer { bias in
          var epilogue = ck_epilogue(
            bias: bias.baseAddress, residual: c.pointer, ldr: problem.ldc, activation: .linear)
          level.kernels.gemm(
            m, n, k, problem.a, problem.lda, packed.pointer, c.pointer, problem.ldc, &epilogue)
        }
        let rows = (0..<m).flatMap { c.values[($0 * problem.ldc)..<($0 * problem.ldc + n)] }
        #expect(c.isIntact && rows.bits == problem.run(level.kernels, packed, rows: 0..<m).bits, "\(m) × \(n) × \(k)")
      }
    }
  }

  /// Where a row begins right after another, a vector may be stored whole at the end of the first.
  @Test(arguments: Level.all)
  func matchesDoublePrecisionWithoutGaps(_ level: Level) {
    for m in [1, 2, 3, 5, 6, 7, 13, 25] {
      for n in Array(1...17) + [20, 23, 31, 33, 47, 50, 63] {
        for k in [3, 300] {
          let problem = Problem(m, n, k, gap: 0)
          let c = problem.run(level.kernels, problem.packed(level.kernels), rows: 0..<m)
          let isClose = problem.isClose(c, fused: true)
          #expect(isClose, "\(m) × \(n) × \(k)")
        }
      }
    }
  }

  @Test(arguments: Level.all, ck_activation.all)
  func activationRunsLast(_ level: Level, _ activation: ck_activation) {
    for (m, n, k) in [(1, 20, 5), (7, 33, 30), (14, 40, 300)] {
      let problem = Problem(m, n, k)
      let packed = problem.packed(level.kernels)
      let plain = problem.run(level.kernels, packed, rows: 0..<m)
      let expected = Guarded(count: m * n)
      level.kernels.activate(plain, expected.pointer, m * n, activation)
      let c = problem.run(level.kernels, packed, rows: 0..<m, activation: activation)
      #expect(c.bits == expected.values.bits, "\(m) × \(n) × \(k)")
    }
  }

  @Test(arguments: Level.all)
  func rowsDoNotDependOnTheBatch(_ level: Level) {
    for (n, k) in [(1, 9), (2, 40), (3, 301), (4, 784), (5, 31), (24, 64), (100, 300), (33, 700)] {
      let m = 110
      let problem = Problem(m, n, k)
      let packed = problem.packed(level.kernels)
      let whole = problem.run(level.kernels, packed, rows: 0..<m)
      for rows in [0..<1, 3..<4, 5..<7, 6..<9, 10..<14, 20..<25, 30..<37, 41..<54, 60..<77, 1..<109, 109..<110] {
        let part = problem.run(level.kernels, packed, rows: rows)
        #expect(part.bits == Array(whole[(rows.lowerBound * n)..<(rows.upperBound * n)]).bits, "\(rows), \(n) × \(k)")
      }
    }
  }

  @Test(arguments: Level.all)
  func indirectRowsEqualCopiedRows(_ level: Level) {
    for (m, n, taps, channels) in [
      (1, 5, 9, 3), (7, 16, 1, 300), (30, 33, 9, 17), (100, 8, 9, 64), (13, 40, 25, 1), (9, 1, 9, 8), (99, 3, 9, 40),
      (5, 4, 1, 7), (100, 8, 9, 10), (100, 14, 9, 64),
    ] {
      var random = Seeded(m + n)
      let k = taps * channels
      let image = random.floats(5000), b = random.floats(k * n)
      // Every third window is contiguous in memory; a fifth of the others is padding.
      let offsets: [Int32] = (0..<(m * taps)).map { index in
        if index / taps % 3 == 0 { return Int32(index % taps * channels) }
        return Int.random(in: 0..<5, using: &random) == 0
          ? -1 : Int32.random(in: 0..<Int32(5000 - channels), using: &random)
      }
      let rows = offsets.flatMap { offset in
        offset < 0 ? [Float](repeating: 0, count: channels) : Array(image[Int(offset)..<(Int(offset) + channels)])
      }
      let packed = Guarded(count: level.kernels.packed_size(k, n))
      level.kernels.pack_b(k, n, b, n, packed.pointer)
      let c = Guarded(count: m * n), expected = Guarded(count: m * n)
      var epilogue = ck_epilogue(bias: nil, residual: nil, ldr: 0, activation: .tanh)
      level.kernels.igemm(m, n, taps, channels, image, offsets, packed.pointer, c.pointer, n, &epilogue)
      level.kernels.gemm(m, n, k, rows, k, packed.pointer, expected.pointer, n, &epilogue)
      #expect(c.isIntact && worstDifference(c.values, expected.values) < 1e-5, "\(m) × \(n), \(taps) × \(channels)")
      // Narrow products add the lanes block by block of k.
      #expect(ck_is_narrow(k, n) != 0 || c.values.bits == expected.values.bits, "\(m) × \(n), \(taps) × \(channels)")
      let last = Guarded(count: n)
      level.kernels.igemm(
        1,
        n,
        taps,
        channels,
        image,
        Array(offsets.suffix(taps)),
        packed.pointer,
        last.pointer,
        n,
        &epilogue
      )
      #expect(last.values.bits == Array(c.values.suffix(n)).bits, "row alone, \(m) × \(n)")
    }
  }
}
