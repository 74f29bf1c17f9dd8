import OstinatoKernels
import OstinatoTensors

/// A ``Convolution`` over a kernel that is packed once, its patches addressed by offsets rather than copied.
struct IndirectConvolution: PackedConvolution {
  let name = "conv"
  let sizes: ConvolutionSizes

  /// Below this many channels a run per cell is too short to be worth its offset.
  private static let fewChannels = 16

  static func serves(_ sizes: ConvolutionSizes, output: [Int]) -> Bool { true }

  /// Where padding would cut a patch line of few channels, so that a whole line of the kernel is one run.
  static func padsLastAxisFirst(_ sizes: ConvolutionSizes) -> Bool {
    sizes.channels < fewChannels && sizes.groups == 1 && sizes.geometry.dilation.last == 1
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = sizes.geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let problem = Problem(
      window: window, sizes: sizes, table: window.isIdentity ? nil : OffsetTable(window, channels: sizes.channels))
    let columns = sizes.filters * sizes.groups
    let grid = ProductGrid(
      rows: window.pixels, columns: columns, rowsPerUnit: tileRows,
      splitsColumns: sizes.groups == 1 && columns > window.pixels)
    return Kernel(units: grid.units) { operands, units in
      grid.forEachRectangle(in: units) { pixels, columns in problem.run(operands, pixels, columns) }
    }
  }
}

/// One convolution of known sizes.
private struct Problem: Sendable {
  let window: Window
  let sizes: ConvolutionSizes
  /// Nil where every output pixel reads the input cell at its own place: then the input is the matrix.
  let table: OffsetTable?

  private var ldc: Int { sizes.filters * sizes.groups }

  /// - Parameter columns: filters; all of them where there are groups.
  func run(_ operands: Operands, _ pixels: Range<Int>, _ columns: Range<Int>) {
    let (x, packed, y, epilogue) = (
      operands.input(0), operands.input(1), operands.output(0), sizes.epilogue.resolve(operands)
    )
    guard sizes.groups > 1 else {
      multiply(
        x, packed + columns.lowerBound * sizes.k, y + columns.lowerBound,
        epilogue.dropping(rows: 0, columns: columns.lowerBound, ldc: ldc), pixels, n: columns.count)
      return
    }
    let (channels, filters) = (sizes.channels, sizes.filters)
    let stride = packedSize(k: sizes.k, n: filters)
    for group in 0..<sizes.groups {
      multiply(
        x + group * channels, packed + group * stride, y + group * filters,
        epilogue.dropping(rows: 0, columns: group * filters, ldc: ldc), pixels, n: filters)
    }
  }

  private func multiply(_ x: Source, _ packed: Source, _ y: Target, _ tail: Epilogue, _ pixels: Range<Int>, n: Int) {
    guard let table else {
      let (first, lda) = (pixels.lowerBound, window.channels)
      packedGemm(
        m: pixels.count, n: n, k: sizes.k, a: x + first * lda, lda: lda, packed: packed, c: y + first * ldc, ldc: ldc,
        epilogue: tail.dropping(rows: first, ldc: ldc))
      return
    }
    runIndirect(table, x, packed, y, tail, pixels, n: n)
  }

  /// Image by image, since the offsets are those of one image.
  private func runIndirect(
    _ table: OffsetTable, _ x: Source, _ packed: Source, _ y: Target, _ tail: Epilogue, _ pixels: Range<Int>, n: Int
  ) {
    let imageSize = window.input.x * window.input.y * window.input.z * window.channels
    table.offsets.withUnsafeBufferPointer { offsets in
      guard let offsets = offsets.baseAddress else { return }
      for part in pixels.split(by: window.outputCells) {
        let (image, first) = part.lowerBound.quotientAndRemainder(dividingBy: window.outputCells)
        indirectGemm(
          m: part.count, n: n, taps: table.taps, run: table.run, base: x + image * imageSize,
          offsets: offsets + first * table.taps, packed: packed, c: y + part.lowerBound * ldc, ldc: ldc,
          epilogue: tail.dropping(rows: part.lowerBound, ldc: ldc))
      }
    }
  }
}
