import CKernels

extension KernelCase {
  /// A matrix product.
  static func gemm(_ m: Int, _ n: Int, k: Int) -> KernelCase {
    KernelCase(name: "gemm \(m) × \(n), k \(k)", flops: 2 * m * n * k) { kernels in
      let (a, c, bias, packed) = (Floats(m * k), Floats(m * n), Floats(n), kernels.packedMatrix(k: k, n: n))
      return {
        var epilogue = ck_epilogue(bias: bias)
        kernels.gemm(m, n, k, a.base, k, packed.base, c.base, n, &epilogue)
      }
    }
  }

  /// A depthwise convolution of 3×3 taps with so many outputs, windows by offsets or by lines.
  static func depthwise(_ lines: Int, _ columns: Int, _ channels: Int, stride: Int, byLines: Bool) -> KernelCase {
    let name =
      "depthwise 3×3\(stride > 1 ? " stride \(stride)" : ""), \(lines)×\(columns)×\(channels) outputs, "
      + (byLines ? "by lines" : "by offsets")
    return KernelCase(name: name, flops: 18 * lines * columns * channels) { kernels in
      let width = (columns - 1) * stride + 3
      let x = Floats(((lines - 1) * stride + 3) * width * channels)
      let (weights, y, bias) = (Floats(9 * channels), Floats(lines * columns * channels), Floats(channels))
      let offsets = (0..<lines * columns * 9).map { index in
        let (pixel, tap) = index.quotientAndRemainder(dividingBy: 9)
        let cell = (pixel / columns * stride + tap / 3) * width + pixel % columns * stride + tap % 3
        return Int32(cell * channels)
      }
      return {
        var epilogue = ck_epilogue(bias: bias)
        var problem = ck_depthwise_lines(
          outputs: lines, pitch: columns, lines: 3, width: 3, stride: stride, channels: channels,
          line_stride: width * channels, step: stride * width * channels)
        if byLines {
          kernels.depthwise_lines(&problem, columns, x.base, weights.base, y.base, channels, &epilogue)
        } else {
          kernels.depthwise(
            lines * columns, channels, 9, x.base, offsets, weights.base, y.base, channels, &epilogue)
        }
      }
    }
  }

  /// A 3×3 convolution of as many filters as channels that keeps the size of its image, in tiles of `tile` by `tile`.
  static func winograd(_ side: Int, _ channels: Int, tile: Int) -> KernelCase {
    let name = "Winograd \(side)×\(side)×\(channels), \(channels) filters, tiles of \(tile)×\(tile)"
    return KernelCase(name: name, flops: 18 * side * side * channels * channels) { kernels in
      let (x, y, bias) = (Floats(side * side * channels), Floats(side * side * channels), Floats(channels))
      var problem = ck_conv3x3(
        tile: tile, depth: 1, height: side, width: side, channels: channels, out_depth: 1, out_height: side,
        out_width: side, filters: channels, kernel_depth: 1, pad_front: 0, pad_top: 1, pad_left: 1)
      let packed = Floats(kernels.conv3x3_packed_size(tile, 1, channels, channels))
      let workspace = Floats(kernels.conv3x3_workspace(&problem))
      let kernel = Floats(9 * channels * channels)
      withExtendedLifetime(kernel) { kernels.conv3x3_pack(tile, 1, channels, channels, kernel.base, packed.base) }
      let tiles = (side + tile - 1) / tile
      return {
        var epilogue = ck_epilogue(bias: bias)
        kernels.conv3x3(
          &problem, ck_conv3x3_part(first_tile: 0, end_tile: tiles * tiles, first_filter: 0, end_filter: channels),
          x.base, packed.base, y.base, channels, &epilogue, workspace.base)
      }
    }
  }

  /// A convolution along lines.
  static func winograd1D(
    lines: Int = 1, _ length: Int, _ channels: Int, taps: Int, dilation: Int = 1, filters: Int
  ) -> KernelCase {
    let outLength = length - (taps - 1) * dilation
    let name =
      "Winograd \(lines > 1 ? "\(lines) lines of " : "")\(length)×\(channels), \(taps) taps"
      + (dilation > 1 ? " \(dilation) apart" : "") + ", \(filters) filters"
    return KernelCase(name: name, flops: 2 * lines * outLength * taps * channels * filters) { kernels in
      var problem = ck_conv1d(
        lines: lines, length: length, channels: channels, out_length: outLength, filters: filters, taps: taps,
        dilation: dilation, pad: 0)
      let (x, y, bias) = (Floats(lines * length * channels), Floats(lines * outLength * filters), Floats(filters))
      let packed = Floats(kernels.conv1d_packed_size(taps, channels, filters))
      let workspace = Floats(kernels.conv1d_workspace(&problem))
      let kernel = Floats(taps * channels * filters)
      withExtendedLifetime(kernel) { kernels.conv1d_pack(taps, channels, filters, kernel.base, packed.base) }
      return {
        var (problem, epilogue) = (problem, ck_epilogue(bias: bias))
        kernels.conv1d(
          &problem, 0, kernels.conv1d_units(&problem), x.base, packed.base, y.base, filters, &epilogue, workspace.base)
      }
    }
  }

  /// One step of a cell, called `name`, of `gates` blocks of columns; of `inputs` values, or of their shares of the gates.
  static func recurrentStep(
    _ kind: ck_cell_kind, _ name: String, gates: Int, rows: Int, units: Int, inputs: Int = 0
  ) -> KernelCase {
    let name =
      "\(name) step, \(rows) row\(rows > 1 ? "s" : "") of \(units) units" + (inputs > 0 ? " from \(inputs) inputs" : "")
    let (width, share) = (gates * units, inputs > 0 ? inputs : gates * units)
    return KernelCase(name: name, flops: 2 * rows * (units + inputs) * width) { kernels in
      let (packed, packedInputs) = (
        Floats(kernels.cell_packed_size(kind, units, units)), Floats(kernels.cell_packed_size(kind, inputs, units))
      )
      let kernel = Floats(max(units, inputs) * width)
      withExtendedLifetime(kernel) {
        kernels.cell_pack(kind, units, units, kernel.base, packed.base)
        kernels.cell_pack(kind, inputs, units, kernel.base, packedInputs.base)
      }
      let (x, h, next) = (Floats(rows * share), Floats(rows * units), Floats(rows * units))
      let (c, y) = (Floats(rows * units), Floats(rows * units))
      return {
        var cell = ck_cell(
          kind: kind, units: units, kernel: packed.base, bias: nil, inputs: inputs, input_kernel: packedInputs.base,
          input_bias: nil,
          activation: ck_activation(kind: .CK_ACT_TANH, alpha: 0, beta: 0),
          recurrent: ck_activation(kind: .CK_ACT_SIGMOID, alpha: 0, beta: 0))
        var all = ck_cell_rows(
          count: rows, x: x.base, mask: nil, ldx: share, ldmask: 0, lookup: nil, ldlookup: 0, ahead: 0, h_prev: h.base,
          h: next.base, c: c.base, y: y.base, ldy: units)
        kernels.cell_step(&cell, &all, 0, units)
      }
    }
  }
}
