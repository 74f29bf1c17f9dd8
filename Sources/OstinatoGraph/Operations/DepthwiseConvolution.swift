import OstinatoKernels
import OstinatoTensors

/// A convolution in as many groups as there are channels, channels last.
///
/// Inputs: x `(batch, spatial…, channels)`, kernel `(spatial…, 1, channels · multiplier)`, then bias and residual where
/// the epilogue has them. Output: `(batch, spatial′…, channels · multiplier)`.
package struct DepthwiseConvolution: LinearOperation {
  package let name = "depthwise conv"
  package internal(set) var geometry: WindowGeometry
  package var epilogue = LinearEpilogue()

  package init(geometry: WindowGeometry) {
    self.geometry = geometry
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (x, kernel) = (inputs[0].shape, inputs[1].shape)
    guard x.rank == geometry.rank + 2, kernel.rank == x.rank, kernel[kernel.rank - 2] == 1, let channels = x.last,
      let filters = kernel.last, channels > 0, filters.isMultiple(of: channels)
    else {
      throw ModelError(
        .shapeMismatch, "", "expected (batch, spatial…, channels) for a depthwise kernel \(kernel). Received: \(x)")
    }
    return [ValueType(try geometry.output(for: x, channels: filters))]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let filters = outputs[0].shape.last ?? 0
    let epilogue = epilogue
    return Kernel(units: window.pixels) { operands, pixels in
      let tail = epilogue.resolve(operands)
      for block in pixels.chunks(of: Self.pixelsPerBlock) {
        depthwise(
          window, multiplier: filters / window.channels, pixels: block, from: operands.input(0),
          kernel: operands.input(1), to: operands.output(0))
        tail.apply(to: operands.output(0), rows: block, n: filters, ldc: filters)
      }
    }
  }

  /// Pixels whose outputs stay in cache until the epilogue has seen them.
  private static let pixelsPerBlock = 16

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, outputs[0].shape.elementCount, geometry.taps)
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let output = outputs[0].shape
    let taps = geometry.taps
    return "m: \(output.dropLast().reduce(1, *)), n: \(output.last ?? 0), taps: \(taps)" + epilogue.detail
  }
}
