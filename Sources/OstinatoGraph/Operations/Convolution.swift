import OstinatoKernels
import OstinatoTensors

/// Cross-correlation over one to three spatial axes, channels last, as im2col and GEMM.
///
/// Inputs: x `(batch, spatial…, channels)`, kernel `(spatial…, channels/groups, filters)`, then bias `(filters)` and
/// residual where the epilogue has them. Output: `(batch, spatial′…, filters)`.
package struct Convolution: LinearOperation {
  package let name = "conv"
  package internal(set) var geometry: WindowGeometry
  package let groups: Int
  package var epilogue = LinearEpilogue()

  package init(geometry: WindowGeometry, groups: Int = 1) {
    self.geometry = geometry
    self.groups = groups
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (x, kernel) = (inputs[0].shape, inputs[1].shape)
    let filters = kernel[kernel.rank - 1]
    guard groups > 0, x.rank == geometry.rank + 2, kernel.rank == x.rank,
      x[x.rank - 1] == kernel[kernel.rank - 2] * groups,
      filters.isMultiple(of: groups)
    else {
      throw ModelError(
        .shapeMismatch, "",
        "expected (batch, spatial…, channels) for a kernel \(kernel) in \(groups) groups. Received: \(x)")
    }
    return [ValueType(try geometry.output(for: x, channels: filters))]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let filters = outputs[0].shape.last ?? 0
    let problem = Problem(
      window: window, groups: groups, channels: window.channels / groups, filters: filters / groups)
    let epilogue = epilogue
    return Kernel(units: window.pixels, scratchBytes: problem.scratchBytes) { operands, pixels in
      let tail = epilogue.resolve(operands)
      for block in pixels.chunks(of: problem.pixelsPerBlock) {
        problem.run(operands, block)
        tail.apply(to: operands.output(0), rows: block, n: filters, ldc: filters)
      }
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, outputs[0].shape.elementCount, inputs[1].shape.dropLast().reduce(1, *))
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let (kernel, output) = (inputs[1].shape, outputs[0].shape)
    let m = output.dropLast().reduce(1, *)
    let groups = groups == 1 ? "" : ", groups: \(groups)"
    return "m: \(m), n: \(output.last ?? 0), k: \(kernel.dropLast().reduce(1, *))\(groups)" + epilogue.detail
  }
}

extension Convolution {
  /// One convolution of known sizes.
  private struct Problem: Sendable {
    let window: Window
    let groups: Int
    /// Channels and filters of one group.
    let channels: Int
    let filters: Int

    /// Floats in one row of patches.
    var k: Int { window.taps * channels }

    /// Output pixels whose patches are gathered at once: enough for a good GEMM, few enough for the cache.
    var pixelsPerBlock: Int { min(max(64, 131_072 / max(k, 1)), 4096) }

    var scratchBytes: Int {
      window.isIdentity ? 0 : min(pixelsPerBlock, window.pixels) * k * DataType.byteCount
    }

    func run(_ operands: Operands, _ pixels: Range<Int>) {
      let (x, kernel) = (operands.input(0), operands.input(1))
      let y = operands.output(0) + pixels.lowerBound * filters * groups
      for group in 0..<groups {
        var (patches, lda) = (x + pixels.lowerBound * window.channels + group * channels, window.channels)
        if !window.isIdentity {
          im2col(window, pixels: pixels, width: channels, from: x + group * channels, to: operands.scratch)
          (patches, lda) = (Source(operands.scratch), k)
        }
        gemm(
          m: pixels.count, n: filters, k: k, a: patches, lda: lda, b: kernel + group * filters, ldb: filters * groups,
          c: y + group * filters, ldc: filters * groups)
      }
    }
  }
}
