import OstinatoKernels
import OstinatoTensors

/// A ``DepthwiseConvolution`` of one filter per channel, its windows addressed by offsets.
///
/// Inputs: x `(batch, spatial…, channels)`, kernel `(spatial…, 1, channels)`, then bias and residual where the epilogue
/// has them. Output: `(batch, spatial′…, channels)`.
struct IndirectDepthwise: Operation {
  let name = "depthwise conv"
  let plain: DepthwiseConvolution

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] { try plain.outputTypes(for: inputs) }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = plain.geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let table = OffsetTable(window, channels: window.channels, mergesLines: false)
    let epilogue = plain.epilogue
    return Kernel(units: window.pixels) { operands, pixels in
      indirectDepthwise(
        window, table, pixels: pixels, from: operands.input(0), kernel: operands.input(1), to: operands.output(0),
        epilogue: epilogue.resolve(operands))
    }
  }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int { plain.flops(inputs: inputs, outputs: outputs) }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String { plain.detail(inputs: inputs, outputs: outputs) }
}
