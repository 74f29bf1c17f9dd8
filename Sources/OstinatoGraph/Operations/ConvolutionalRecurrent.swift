import OstinatoKernels
import OstinatoTensors

/// An LSTM over images that are already projected, whose recurrent product is a convolution.
///
/// Inputs: projected `(batch, time, spatial…, 4·filters)`, recurrent kernel `(kernel…, filters, 4·filters)`, then where
/// they exist: mask `(batch, time)` or `(batch, time, spatial…)`, initial hidden and carry states `(batch, spatial…, filters)`.
/// Outputs: the sequence `(batch, time, spatial…, filters)` or the last output, then the final states.
package struct ConvolutionalRecurrent: Operation {
  package let name = "conv_lstm"
  package let cell: RecurrentCell
  /// The recurrent convolution; it keeps the extents.
  package let geometry: WindowGeometry
  package let goBackwards: Bool
  package let returnSequences: Bool
  package let zeroOutputForMask: Bool
  package let hasMask: Bool
  package let hasInitialState: Bool

  package init(
    cell: RecurrentCell, geometry: WindowGeometry, goBackwards: Bool = false, returnSequences: Bool = false,
    zeroOutputForMask: Bool = false, hasMask: Bool = false, hasInitialState: Bool = false
  ) {
    self.cell = cell
    self.geometry = geometry
    self.goBackwards = goBackwards
    self.returnSequences = returnSequences
    self.zeroOutputForMask = zeroOutputForMask
    self.hasMask = hasMask
    self.hasInitialState = hasInitialState
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (x, kernel) = (inputs[0].shape, inputs[1].shape)
    guard x.rank == geometry.rank + 3, x.last == cell.width,
      kernel == Shape(geometry.kernel + [cell.units, cell.width])
    else {
      throw ModelError(.shapeMismatch, "", "expected projected images for a kernel \(kernel). Received: \(x)")
    }
    let spatial = Array(x[2..<x.rank - 1])
    guard try geometry.output(for: spatial) == spatial else {
      throw ModelError(.shapeMismatch, "", "expected a recurrent convolution that keeps the extents \(spatial)")
    }
    let state = Shape([x[0]] + spatial + [cell.units])
    let steps = Shape([x[0], x[1]] + (masksCells(inputs) ? spatial : []))
    try checkRecurrentOperands(
      inputs.dropFirst(2), mask: hasMask ? steps : nil, states: hasInitialState ? [state, state] : [])
    let output = returnSequences ? Shape([x[0], x[1]] + spatial + [cell.units]) : state
    return [ValueType(output), ValueType(state), ValueType(state)]
  }

  private func masksCells(_ inputs: [ValueType]) -> Bool { hasMask && inputs.count > 2 && inputs[2].shape.rank > 2 }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let state = Shape([1] + outputs[1].shape.dropFirst())
    let run = ConvolutionalRun(
      cell: cell, window: geometry.window(input: state, output: state), time: inputs[0].shape[1],
      goBackwards: goBackwards, returnSequences: returnSequences, zeroOutputForMask: zeroOutputForMask,
      masksCells: masksCells(inputs))
    let (mask, initialState) = (hasMask ? 2 : nil, hasInitialState ? (hasMask ? 3 : 2) : nil)
    let size = state.elementCount
    return Kernel(units: inputs[0].shape[0], scratchBytes: run.scratchCount * DataType.byteCount) { operands, rows in
      startStates(operands, rows, initial: initialState, count: 2, size: size)
      run.run(
        RecurrentBuffers(
          input: operands.input(0), recurrentKernel: RecurrentKernel(operands.input(1), isPacked: false),
          recurrentBias: nil,
          mask: mask.map { operands.input($0) }, hidden: operands.output(1), carry: operands.output(2),
          output: operands.output(0), scratch: operands.scratch), rows: rows)
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, inputs[0].shape.elementCount, cell.units, geometry.taps)
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    "batch: \(inputs[0].shape[0]), time: \(inputs[0].shape[1]), state: \(Shape(Array(outputs[1].shape.dropFirst())))"
  }
}
