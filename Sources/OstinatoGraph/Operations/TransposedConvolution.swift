import OstinatoKernels
import OstinatoTensors

/// The transpose of a convolution over one to three spatial axes, channels last: one GEMM per tap and line.
///
/// Inputs: x `(batch, spatial…, channels)`, kernel `(spatial…, channels, filters)`, then bias `(filters)` and residual
/// where the epilogue has them. Output: `(batch, outputExtents…, filters)`.
package struct TransposedConvolution: LinearOperation {
  package let name = "transposed conv"
  /// The window of the convolution whose transpose this is: it slides over the output.
  package let geometry: WindowGeometry
  package let outputExtents: [Int]
  package var epilogue = LinearEpilogue()

  package init(geometry: WindowGeometry, outputExtents: [Int]) {
    self.geometry = geometry
    self.outputExtents = outputExtents
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (x, kernel) = (inputs[0].shape, inputs[1].shape)
    guard x.rank == geometry.rank + 2, kernel.rank == x.rank, let filters = kernel.last,
      x.last == kernel[kernel.rank - 2]
    else {
      throw ModelError(
        .shapeMismatch, "", "expected (batch, spatial…, channels) for a transposed kernel \(kernel). Received: \(x)")
    }
    return [ValueType(try Shape(validating: [x[0]] + outputExtents + [filters]))]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = geometry.window(input: outputs[0].shape, output: inputs[0].shape)
    let (channels, filters) = (inputs[0].shape.last ?? 0, window.channels)
    let epilogue = epilogue
    let length = window.input.z
    return Kernel(units: window.batch * window.input.x * window.input.y) { operands, lines in
      let tail = epilogue.resolve(operands)
      for line in lines {
        convolveTransposed(
          window, channels: channels, lines: line..<line + 1, from: operands.input(0), kernel: operands.input(1),
          to: operands.output(0))
        tail.apply(to: operands.output(0), rows: line * length..<(line + 1) * length, n: filters, ldc: filters)
      }
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, inputs[0].shape.elementCount, inputs[1].shape.elementCount)
      / max(inputs[0].shape.last ?? 1, 1)
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let (x, kernel) = (inputs[0].shape, inputs[1].shape)
    let taps = geometry.taps
    return "m: \(x.dropLast().reduce(1, *)), n: \(kernel.last ?? 0), k: \(x.last ?? 0), taps: \(taps)"
      + epilogue.detail
  }
}
