import CKernels

/// Calls of each kernel of one level in every size from 0 to 67, every buffer against a fence. A kernel that reads or
/// writes beyond its buffers ends the process.
package struct FencedKernels {
  private let kernels: ck_kernels
  private let side: Fences.Side

  /// What can be called.
  package enum Call: String, CaseIterable, Sendable {
    case elementwise, rows, transposition, recurrentCells, matrixProduct, indirectMatrixProduct, convolutionByLines,
      windows, depthwiseLines, winogradConvolution, convolutionOfLines
  }

  package init(_ level: Level, _ side: Fences.Side) {
    kernels = level.kernels
    self.side = side
  }

  package func run(_ call: Call) {
    switch call {
    case .elementwise: elementwise()
    case .rows: rows()
    case .transposition: transposition()
    case .recurrentCells: recurrentCells()
    case .matrixProduct: matrixProduct()
    case .indirectMatrixProduct: indirectMatrixProduct()
    case .convolutionByLines: convolutionByLines()
    case .windows: windows()
    case .depthwiseLines: depthwiseLines()
    case .winogradConvolution: winogradConvolution()
    case .convolutionOfLines: convolutionOfLines()
    }
  }

  private static let sizes = 0...67
  private static let few = [1, 7, 33]

  /// The elements that `rows` rows of `n` take which begin `stride` apart.
  private func extent(_ rows: Int, _ n: Int, _ stride: Int) -> Int { rows == 0 ? 0 : (rows - 1) * stride + n }

  /// Sizes in which each of three runs through all while the two others stay small.
  private func triples(from lowest: Int = 0) -> [(Int, Int, Int)] {
    (lowest...67).flatMap { size in
      Self.few.flatMap { [(size, $0, 5), ($0, size, 3), (7, $0, size)] }
    }
  }

  private func epilogue(_ fences: Fences, rows: Int, n: Int, stride: Int) -> ck_epilogue {
    ck_epilogue(
      bias: fences.floats(n), residual: fences.floats(extent(rows, n, stride)), ldr: stride, activation: .relu)
  }

  private func elementwise() {
    for n in Self.sizes {
      let fences = Fences(side)
      let (x, y) = (fences.floats(n), fences.floats(n))
      for kernel in [kernels.exp, kernels.sigmoid, kernels.tanh, kernels.erf, kernels.relu] {
        kernel?(x, y, n)
        kernel?(y, y, n)
      }
      for activation in ck_activation.all { kernels.activate(x, y, n, activation) }
    }
  }

  private func rows() {
    for n in Self.sizes {
      for rows in [0, 1, 3] {
        let fences = Fences(side)
        kernels.softmax(fences.floats(rows * n), fences.floats(rows * n), rows, n)
        _ = kernels.moments(fences.floats(n), n, 1)
        var rescaling = ck_rescaling(center: 1, scale: 2, shift: 3, gamma: fences.floats(n), beta: fences.floats(n))
        kernels.rescale(fences.floats(n), fences.floats(n), n, &rescaling)
        for stride in [n, n + 3] {
          var epilogue = epilogue(fences, rows: rows, n: n, stride: stride)
          kernels.bias_act(fences.floats(extent(rows, n, stride)), rows, n, stride, &epilogue)
        }
      }
    }
  }

  private func transposition() {
    for rows in Self.sizes {
      for columns in [0, 3, 4, 21] {
        for gap in [0, 3] {
          let fences = Fences(side)
          kernels.transpose(
            rows, columns, fences.floats(extent(rows, columns, columns + gap)), columns + gap,
            fences.floats(extent(columns, rows, rows + gap)), rows + gap)
        }
      }
    }
  }

  private func recurrentCells() {
    for units in Self.sizes {
      for rows in [0, 1, 3] {
        let fences = Fences(side)
        func state() -> UnsafeMutablePointer<Float> { fences.floats(rows * units) }
        let (x, h) = (fences.floats(4 * rows * units), fences.floats(4 * rows * units))
        kernels.lstm_cell(
          rows, units, x, 4 * units, h, 4 * units, state(), units, state(), units, state(), units, .tanh, .sigmoid)
        let (gruX, gruH) = (fences.floats(3 * rows * units), fences.floats(3 * rows * units))
        kernels.gru_cell(
          rows, units, gruX, 3 * units, gruH, 3 * units, state(), units, state(), units, .tanh, .sigmoid)
        for kind in ck_cell_kind.all {
          for inputs in [0, 1, 5] { recurrentStep(Fences(side), rows: rows, units: units, inputs: inputs, kind) }
        }
      }
    }
  }

  private func recurrentStep(_ fences: Fences, rows: Int, units: Int, inputs: Int, _ kind: ck_cell_kind) {
    let width = kind.gates * units
    func packed(_ k: Int) -> UnsafeMutablePointer<Float> {
      let packed = fences.floats(kernels.cell_packed_size(kind, k, units))
      kernels.cell_pack(kind, k, units, fences.floats(k * width), packed)
      return packed
    }
    func state() -> UnsafeMutablePointer<Float> { fences.floats(rows * units) }
    var cell = ck_cell(
      kind: kind, units: units, kernel: packed(units), bias: fences.floats(width), inputs: inputs,
      input_kernel: packed(inputs), input_bias: fences.floats(width), activation: .tanh, recurrent: .sigmoid)
    let share = inputs > 0 ? inputs : width
    var batch = ck_cell_rows(
      count: rows, x: fences.floats(rows * share), mask: fences.floats(rows), ldx: share, ldmask: 1,
      lookup: nil, ldlookup: 0, ahead: 0, h_prev: state(), h: state(), c: state(), y: state(), ldy: units)
    kernels.cell_step(&cell, &batch, 0, units)
  }

  private func matrixProduct() {
    for (m, n, k) in triples() + [(7, 17, 300), (100, 3, 600), (13, 40, 513)] {
      for gap in [0, 3] {
        let fences = Fences(side)
        let packed = fences.floats(kernels.packed_size(k, n))
        kernels.pack_b_transposed(k, n, fences.floats(extent(n, k, k + gap)), k + gap, packed)
        kernels.pack_b(k, n, fences.floats(extent(k, n, n + gap)), n + gap, packed)
        var epilogue = epilogue(fences, rows: m, n: n, stride: n + gap)
        kernels.gemm(
          m, n, k, fences.floats(extent(m, k, k + gap)), k + gap, packed, fences.floats(extent(m, n, n + gap)), n + gap,
          &epilogue)
      }
    }
  }

  /// Windows of `taps` over an image whose last pixel is at `pixels - 1`, every fifth tap padding.
  private func offsets(_ m: Int, _ taps: Int, _ channels: Int, pixels: Int) -> [Int32] {
    (0..<m * taps).map { $0 % 5 == 4 ? -1 : Int32((pixels - 1 - $0 % pixels) * channels) }
  }

  private func indirectMatrixProduct() {
    for (m, n, channels) in triples(from: 1) {
      for taps in [1, 4] {
        let fences = Fences(side)
        let packed = fences.floats(kernels.packed_size(taps * channels, n))
        kernels.pack_b(taps * channels, n, fences.floats(taps * channels * n), n, packed)
        var epilogue = epilogue(fences, rows: m, n: n, stride: n)
        kernels.igemm(
          m, n, taps, channels, fences.floats(6 * channels), fences.int32s(offsets(m, taps, channels, pixels: 6)),
          packed, fences.floats(m * n), n, &epilogue)
      }
    }
  }

  private func convolutionByLines() {
    for (m, n, run) in triples(from: 1) {
      for (planes, first, lines, outputs) in [(1, 0, 3, 1), (2, 1, 2, 1), (1, 0, 1, 3)] {
        let fences = Fences(side)
        let lda = max(run / 3, 1)
        let lineStride = extent(m, run, lda)
        let planeStride = (lines + outputs - 1) * lineStride
        let packed = fences.floats(kernels.packed_size(planes * 3 * run, n))
        kernels.pack_b(planes * 3 * run, n, fences.floats(planes * 3 * run * n), n, packed)
        var conv = ck_conv_lines(
          outputs: outputs, kernel_planes: planes, kernel_lines: 3, first_plane: 0, planes: planes, first_line: first,
          lines: lines, run: run, plane_stride: planeStride, line_stride: lineStride, lda: lda, step: lineStride)
        var epilogue = epilogue(fences, rows: outputs * m, n: n, stride: n)
        kernels.conv_lines(
          &conv, m, n, fences.floats(planes * planeStride), packed, fences.floats(outputs * m * n), n, &epilogue)
      }
    }
  }

  private func windows() {
    for channels in Self.sizes {
      for (m, taps) in [(0, 3), (1, 1), (2, 3), (5, 9), (9, 4)] {
        let fences = Fences(side)
        let image = fences.floats(6 * channels)
        let offsets = fences.int32s(offsets(m, taps, channels, pixels: 6))
        var epilogue = epilogue(fences, rows: m, n: channels, stride: channels)
        let c = fences.floats(m * channels)
        kernels.depthwise(
          m, channels, taps, image, offsets, fences.floats(taps * channels), c, channels, &epilogue)
        kernels.maxpool(m, channels, taps, image, offsets, c, channels)
        kernels.avgpool(m, channels, taps, image, offsets, c, channels)
      }
    }
  }

  private func depthwiseLines() {
    for channels in 1...67 {
      for m in [1, 3, 4, 7, 8, 12, 13, 22] {
        let fences = Fences(side)
        let (width, stride) = (3 + channels % 3 * 2, 1 + m % 2)
        let lineStride = ((m - 1) * stride + width) * channels
        var conv = ck_depthwise_lines(
          outputs: 2, pitch: m + 1, lines: 3, width: width, stride: stride, channels: channels,
          line_stride: lineStride, step: lineStride)
        var epilogue = epilogue(fences, rows: 2 * m + 1, n: channels, stride: channels)
        kernels.depthwise_lines(
          &conv, m, fences.floats(4 * lineStride), fences.floats(3 * width * channels),
          fences.floats((2 * m + 1) * channels), channels, &epilogue)
      }
    }
  }

  private func winogradConvolution() {
    for size in 1...67 {
      for (channels, filters) in [(size, 3), (3, size), (size, size)] {
        let (height, width) = (3 + size % 5, 3 + size % 7)
        for (padding, tile, depth) in [(0, 4, 1), (1, 4, 3), (1, 2, 1)] {
          winograd(Fences(side), depth, height, width, channels, filters, padding, tile)
        }
      }
    }
  }

  private func winograd(
    _ fences: Fences, _ depth: Int, _ height: Int, _ width: Int, _ channels: Int, _ filters: Int, _ padding: Int,
    _ tile: Int
  ) {
    let (outHeight, outWidth) = (height - 2 + 2 * padding, width - 2 + 2 * padding)
    let packed = fences.floats(kernels.conv3x3_packed_size(tile, depth, channels, filters))
    kernels.conv3x3_pack(
      tile, depth, channels, filters, fences.floats(depth * 9 * channels * filters), packed)
    var conv = ck_conv3x3(
      tile: tile, depth: depth, height: height, width: width, channels: channels, out_depth: depth,
      out_height: outHeight, out_width: outWidth, filters: filters, kernel_depth: depth, pad_front: depth / 2,
      pad_top: padding, pad_left: padding)
    let outputs = depth * outHeight * outWidth
    var epilogue = epilogue(fences, rows: outputs, n: filters, stride: filters)
    kernels.conv3x3(
      &conv,
      ck_conv3x3_part(
        first_tile: 0, end_tile: (outHeight + tile - 1) / tile * ((outWidth + tile - 1) / tile), first_filter: 0,
        end_filter: filters),
      fences.floats(depth * height * width * channels), packed, fences.floats(outputs * filters), filters, &epilogue,
      fences.floats(kernels.conv3x3_workspace(&conv)))
  }

  private func convolutionOfLines() {
    for size in 1...67 {
      for (channels, filters) in [(size, 3), (3, size), (size, size)] {
        oneDimensional(Fences(side), lines: 2, length: 5 + size % 11, channels, filters, taps: 1 + size % 9)
      }
    }
  }

  private func oneDimensional(
    _ fences: Fences, lines: Int, length: Int, _ channels: Int, _ filters: Int, taps: Int
  ) {
    let dilation = 1 + taps % 3
    var conv = ck_conv1d(
      lines: lines, length: length, channels: channels, out_length: length, filters: filters, taps: taps,
      dilation: dilation, pad: (taps - 1) * dilation / 2)
    let packed = fences.floats(kernels.conv1d_packed_size(taps, channels, filters))
    kernels.conv1d_pack(taps, channels, filters, fences.floats(taps * channels * filters), packed)
    var epilogue = epilogue(fences, rows: lines * length, n: filters, stride: filters)
    kernels.conv1d(
      &conv, 0, kernels.conv1d_units(&conv), fences.floats(lines * length * channels), packed,
      fences.floats(lines * length * filters), filters, &epilogue, fences.floats(kernels.conv1d_workspace(&conv)))
  }
}
