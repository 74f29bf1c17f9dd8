import OstinatoKernels
import OstinatoTensors

/// A ``DepthwiseConvolution`` of one filter per channel: over images line by line, elsewhere with windows addressed by
/// offsets.
///
/// Inputs: x `(batch, spatial…, channels)`, kernel `(spatial…, 1, channels)`, then bias and residual where the epilogue
/// has them. Output: `(batch, spatial′…, channels)`.
struct PackedDepthwise: Operation {
  let name = "depthwise conv"
  let plain: DepthwiseConvolution

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] { try plain.outputTypes(for: inputs) }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = plain.geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let epilogue = plain.epilogue
    if let lines = LineDepthwise(window) {
      return Kernel(units: lines.units) { operands, units in
        lines.run(
          units, from: operands.input(0), kernel: operands.input(1), to: operands.output(0),
          epilogue: epilogue.resolve(operands))
      }
    }
    let table = OffsetTable(window, channels: window.channels, mergesLines: false)
    return Kernel(units: window.pixels) { operands, pixels in
      indirectDepthwise(
        window, table, pixels: pixels, from: operands.input(0), kernel: operands.input(1), to: operands.output(0),
        epilogue: epilogue.resolve(operands))
    }
  }

  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int { plain.flops(inputs: inputs, outputs: outputs) }

  func detail(inputs: [ValueType], outputs: [ValueType]) -> String { plain.detail(inputs: inputs, outputs: outputs) }
}
