import OstinatoKernels
import OstinatoTensors

/// A recurrent cell over the time axis of inputs that are already projected.
///
/// Inputs: projected `(batch, time, width)`, recurrent kernel `(units, width)`, then where they exist: recurrent bias
/// `(width)`, mask `(batch, time)`, initial hidden and carry states `(batch, units)`. Where the projected inputs are looked
/// up, their place is taken by a table `(any, width)`, and int32 indices `(batch, time)` within it come last.
/// Outputs: the sequence `(batch, time, units)` or the last output `(batch, units)`, then the final states.
package struct Recurrent: Operation {
  package var name: String { "\(cell.kind)" }
  package let cell: RecurrentCell
  package let goBackwards: Bool
  package let returnSequences: Bool
  package let zeroOutputForMask: Bool
  package let hasRecurrentBias: Bool
  package let hasMask: Bool
  package let hasInitialState: Bool
  /// Whether the recurrent kernel is packed rather than a matrix.
  package var isPacked = false
  /// Whether the projected inputs are rows of a table.
  package var looksUp = false

  package init(
    cell: RecurrentCell, goBackwards: Bool = false, returnSequences: Bool = false, zeroOutputForMask: Bool = false,
    hasRecurrentBias: Bool = false, hasMask: Bool = false, hasInitialState: Bool = false
  ) {
    self.cell = cell
    self.goBackwards = goBackwards
    self.returnSequences = returnSequences
    self.zeroOutputForMask = zeroOutputForMask
    self.hasRecurrentBias = hasRecurrentBias
    self.hasMask = hasMask
    self.hasInitialState = hasInitialState
  }

  /// How many states the cell has: a hidden state, and a carry in an LSTM.
  package var stateCount: Int { cell.kind == .lstm ? 2 : 1 }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let x = try sequence(inputs)
    let kernel: Shape = isPacked ? [RecurrentKernel.packedSize(for: cell)] : [cell.units, cell.width]
    guard x.rank == 3, x[2] == cell.width, inputs[1].shape == kernel else {
      throw ModelError(.shapeMismatch, "", "expected projected inputs (batch, time, \(cell.width)). Received: \(x)")
    }
    let state = ValueType([x[0], cell.units])
    try checkRecurrentOperands(
      inputs.dropFirst(hasRecurrentBias ? 3 : 2).dropLast(looksUp ? 1 : 0), mask: hasMask ? [x[0], x[1]] : nil,
      states: hasInitialState ? [Shape](repeating: state.shape, count: stateCount) : [])
    let output = returnSequences ? ValueType([x[0], x[1], cell.units]) : state
    return [output] + [ValueType](repeating: state, count: stateCount)
  }

  /// The shape of the projected inputs.
  private func sequence(_ inputs: [ValueType]) throws(ModelError) -> Shape {
    let x = inputs[0].shape
    guard looksUp, let indices = inputs.last else { return x }
    guard x.rank == 2, isPacked, cell.hasWholeStep, indices.dataType == .int32 else {
      throw ModelError(.shapeMismatch, "", "expected a table and int32 indices. Received: \(inputs[0]), \(indices)")
    }
    return try Shape(validating: indices.shape + [x[1]])
  }

  /// Batch and time.
  private func extents(_ inputs: [ValueType]) -> (batch: Int, time: Int) {
    let shape = inputs[looksUp ? inputs.count - 1 : 0].shape
    return (shape[0], shape[1])
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (batch, time) = extents(inputs)
    let run = RecurrentRun(
      cell: cell, time: time, goBackwards: goBackwards, returnSequences: returnSequences,
      zeroOutputForMask: zeroOutputForMask)
    let (slots, isPacked, lookup) = (slots, isPacked, looksUp ? inputs.count - 1 : nil)
    let stateCount = stateCount
    return Kernel(
      units: batch, scratchBytes: batch * cell.scratchPerRow * DataType.byteCount,
      rowsWanted: rowsWanted(atOnce: batch)
    ) { operands, rows in
      startStates(operands, rows, initial: slots.initialState, count: stateCount, size: run.cell.units)
      run.run(
        RecurrentBuffers(
          projected: operands.input(0), lookup: lookup.map { operands.input($0, as: Int32.self) },
          recurrentKernel: RecurrentKernel(operands.input(1), isPacked: isPacked),
          recurrentBias: slots.bias.map { operands.input($0) }, mask: slots.mask.map { operands.input($0) },
          hidden: operands.output(1), carry: operands.output(stateCount), output: operands.output(0),
          scratch: operands.scratch), rows: rows)
    }
  }

  /// Every step reads the whole recurrent kernel, a large one from further away.
  private func rowsWanted(atOnce rows: Int) -> Int {
    max(1, (cell.units * cell.width > Self.kernelInCache ? 16 : 8) / max(rows, 1))
  }

  private static let kernelInCache = 1 << 15

  /// Where the inputs that may be absent stand.
  private var slots: (bias: Int?, mask: Int?, initialState: Int?) {
    var next = 2
    func take(_ present: Bool) -> Int? {
      guard present else { return nil }
      defer { next += 1 }
      return next
    }
    return (take(hasRecurrentBias), take(hasMask), take(hasInitialState))
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, extents(inputs).batch, extents(inputs).time, cell.width, cell.units)
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    "batch: \(extents(inputs).batch), time: \(extents(inputs).time), units: \(cell.units)"
      + (looksUp ? ", table: \(inputs[0].shape[0])" : "")
  }
}

/// Makes sure that the inputs that may be absent are of these shapes.
func checkRecurrentOperands(
  _ inputs: some Collection<ValueType>, mask: Shape?, states: [Shape]
) throws(ModelError) {
  let expected = (mask.map { [$0] } ?? []) + states
  guard inputs.map({ $0 }) == expected.map({ ValueType($0) }) else {
    let received = inputs.map(\.shape)
    throw ModelError(.shapeMismatch, "", "expected a mask and states of shapes \(expected). Received: \(received)")
  }
}

/// Fills the state outputs, which follow output 0, with the initial states from input `initial` on, or with zeros.
func startStates(_ operands: Operands, _ rows: Range<Int>, initial: Int?, count: Int, size: Int) {
  for state in 0..<count {
    let target = operands.output(1 + state) + rows.lowerBound * size
    if let initial {
      target.update(from: operands.input(initial + state) + rows.lowerBound * size, count: rows.count * size)
    } else {
      target.update(repeating: 0, count: rows.count * size)
    }
  }
}
