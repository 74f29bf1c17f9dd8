import OstinatoKernels
import OstinatoTensors

/// One step of a ``ConvolutionalRecurrent`` after its convolution, each cell of the images on its own.
///
/// Inputs: projected `(batch, time, spatial…, 4·filters)`, products `(batch, spatial…, 4·filters)`, carry state
/// `(batch, spatial…, filters)`. Outputs: the hidden state and the carry state `(batch, spatial…, filters)`.
struct ConvolutionalStep: Operation {
  let name = "conv_lstm step"
  let cell: RecurrentCell
  /// The index of its input in time.
  let moment: Int

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] { [inputs[2], inputs[2]] }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (cell, moment, time) = (cell, moment, inputs[0].shape[1])
    let cells = inputs[2].shape.dropFirst().dropLast().reduce(1, *)
    return Kernel(units: inputs[2].shape[0] * cells) { operands, units in
      var unit = units.lowerBound
      while unit < units.upperBound {
        let (image, first) = unit.quotientAndRemainder(dividingBy: cells)
        let count = min(cells - first, units.upperBound - unit)
        cell.finishLSTM(
          rows: count, input: operands.input(0) + ((image * time + moment) * cells + first) * cell.width,
          inputStride: cell.width, products: operands.input(1) + unit * cell.width,
          carry: operands.input(2) + unit * cell.units,
          hidden: operands.output(0) + unit * cell.units, newCarry: operands.output(1) + unit * cell.units)
        unit += count
      }
    }
  }

  func bytes(inputs: [ValueType], outputs: [ValueType]) -> Double {
    Double(2 * inputs[1].byteCount + inputs[2].byteCount + 2 * outputs[0].byteCount)
  }
}
