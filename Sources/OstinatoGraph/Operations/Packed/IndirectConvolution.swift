import OstinatoKernels
import OstinatoTensors

/// A ``Convolution`` over a kernel that is packed once, its patches addressed by offsets rather than copied.
///
/// Inputs: x `(batch, spatial…, channels)`, the packed kernels of all groups one after another, then bias and residual
/// where the epilogue has them. Output: `(batch, spatial′…, filters)`.
struct IndirectConvolution: Operation {
  let name = "conv"
  let geometry: WindowGeometry
  let groups: Int
  /// Channels and filters of one group.
  let channels: Int
  let filters: Int
  let epilogue: LinearEpilogue

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let x = inputs[0].shape
    return [
      ValueType(
        try Shape(validating: [x[0]] + (try geometry.output(for: Array(x.dropFirst().dropLast()))) + [filters * groups])
      )
    ]
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let problem = Problem(
      window: window, groups: groups, channels: channels, filters: filters, epilogue: epilogue,
      table: window.isIdentity ? nil : OffsetTable(window, channels: channels))
    let columns = filters * groups
    let grid = ProductGrid(
      rows: window.pixels, columns: columns, splitsColumns: groups == 1 && columns > window.pixels)
    return Kernel(units: grid.units) { operands, units in
      grid.forEachRectangle(in: units) { pixels, columns in problem.run(operands, pixels, columns) }
    }
  }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, outputs[0].shape.elementCount, geometry.kernel.reduce(channels, *))
  }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let m = outputs[0].shape.dropLast().reduce(1, *)
    let groups = groups == 1 ? "" : ", groups: \(groups)"
    let k = geometry.kernel.reduce(channels, *)
    return "m: \(m), n: \(filters * self.groups), k: \(k)\(groups)" + epilogue.detail
  }
}

/// One convolution of known sizes.
private struct Problem: Sendable {
  let window: Window
  let groups: Int
  let channels: Int
  let filters: Int
  let epilogue: LinearEpilogue
  /// Nil where every output pixel reads the input cell at its own place: then the input is the matrix.
  let table: OffsetTable?

  private var k: Int { window.taps * channels }
  private var ldc: Int { filters * groups }

  /// - Parameter columns: filters; all of them where there are groups.
  func run(_ operands: Operands, _ pixels: Range<Int>, _ columns: Range<Int>) {
    guard groups > 1 else {
      multiply(
        operands.input(0), operands.input(1) + columns.lowerBound * k, operands.output(0) + columns.lowerBound,
        epilogue.resolve(operands).dropping(rows: 0, columns: columns.lowerBound, ldc: ldc), pixels, n: columns.count)
      return
    }
    let stride = packedSize(k: k, n: filters)
    for group in 0..<groups {
      multiply(
        operands.input(0) + group * channels, operands.input(1) + group * stride, operands.output(0) + group * filters,
        epilogue.resolve(operands).dropping(rows: 0, columns: group * filters, ldc: ldc), pixels, n: filters)
    }
  }

  private func multiply(_ x: Source, _ packed: Source, _ y: Target, _ tail: Epilogue, _ pixels: Range<Int>, n: Int) {
    guard let table else {
      packedGemm(
        m: pixels.count, n: n, k: k, a: x + pixels.lowerBound * window.channels, lda: window.channels, packed: packed,
        c: y + pixels.lowerBound * ldc, ldc: ldc, epilogue: tail.dropping(rows: pixels.lowerBound, ldc: ldc))
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
