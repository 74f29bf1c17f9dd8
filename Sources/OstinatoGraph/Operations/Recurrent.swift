import OstinatoKernels
import OstinatoTensors

/// A recurrent cell over the time axis.
///
/// Inputs: projected `(batch, time, width)`, recurrent kernel `(units, width)`, then where they exist: recurrent bias
/// `(width)`, mask `(batch, time)`, initial hidden and carry states `(batch, units)`, and what ``Input`` adds.
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
  package var input = Input.projected

  /// What the steps read, where a C kernel takes them as a whole; `.projected` serves all.
  package enum Input: Sendable, Hashable {
    /// `x · kernel + bias` of all steps.
    case projected
    /// A table `(any, width)` of them, and as the last input int32 indices `(batch, time)`.
    case lookedUp
    /// `x` itself, `(batch, time, features)`, and as the last inputs the packed kernel and, where there is one, a bias
    /// `(width)`.
    case plain(hasBias: Bool)

    /// How many inputs it adds at the end.
    var count: Int {
      switch self {
      case .projected: 0
      case .lookedUp: 1
      case .plain(let hasBias): hasBias ? 2 : 1
      }
    }
  }

  /// Whether a C kernel takes the steps as a whole.
  var takesWholeSteps: Bool { isPacked && cell.hasWholeStep }

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
      inputs.dropFirst(hasRecurrentBias ? 3 : 2).dropLast(input.count), mask: hasMask ? [x[0], x[1]] : nil,
      states: hasInitialState ? [Shape](repeating: state.shape, count: stateCount) : [])
    let output = returnSequences ? ValueType([x[0], x[1], cell.units]) : state
    return [output] + [ValueType](repeating: state, count: stateCount)
  }

  /// The shape of the projected inputs, which not all of ``Input`` have.
  private func sequence(_ inputs: [ValueType]) throws(ModelError) -> Shape {
    let (x, added) = (inputs[0].shape, inputs.suffix(input.count))
    switch input {
    case .projected: return x
    case .lookedUp:
      guard takesWholeSteps, x.rank == 2, let indices = added.last, indices.dataType == .int32 else {
        throw ModelError(.shapeMismatch, "", "expected a table and int32 indices. Received: \(x), \(added)")
      }
      return try Shape(validating: indices.shape + [x[1]])
    case .plain:
      let weights: [Shape] = [[cell.packedSize(rows: x.last ?? 0)], [cell.width]]
      guard takesWholeSteps, x.rank == 3, x[2] > 0,
        added.map({ $0 }) == weights.prefix(input.count).map({ ValueType($0) })
      else { throw ModelError(.shapeMismatch, "", "expected inputs and their kernel. Received: \(x), \(added)") }
      return try Shape(validating: x.dropLast() + [cell.width])
    }
  }

  /// Batch and time.
  private func extents(_ inputs: [ValueType]) -> (batch: Int, time: Int) {
    let shape = inputs[input == .lookedUp ? inputs.count - 1 : 0].shape
    return (shape[0], shape[1])
  }

  /// The values of an input that the steps project.
  private func features(_ inputs: [ValueType]) -> Int? {
    if case .plain = input { inputs[0].shape[2] } else { nil }
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (batch, time) = extents(inputs)
    let run = RecurrentRun(
      cell: cell, time: time, goBackwards: goBackwards, returnSequences: returnSequences,
      zeroOutputForMask: zeroOutputForMask)
    let (start, buffers) = (startStates(), buffers(inputs))
    let scratchBytes = batch * cell.scratchPerRow * DataType.byteCount
    let rowsWanted = max(1, rowsPerReading / max(batch, 1))
    let phases = phases(inputs: inputs)
    guard phases > 1 else {
      return Kernel(units: batch, scratchBytes: scratchBytes, leastUnits: rowsPerReading, rowsWanted: rowsWanted) {
        operands, rows in
        start(operands, rows)
        run.run(buffers(operands), rows: rows)
      }
    }
    return Kernel(
      units: cell.pieces, phases: phases, scratchBytes: scratchBytes, leastUnits: cell.pieces, rowsWanted: rowsWanted
    ) { operands in
      start(operands, 0..<batch)
      run.begin(buffers(operands), rows: 0..<batch)
      return nil
    } run: { operands, step, pieces in
      run.takeStep(step, buffers(operands), rows: 0..<batch, units: run.cell.units(of: pieces))
    }
  }

  /// Steps that all threads take together, each some of the units of all rows; 1 where the threads share the rows.
  func phases(inputs: [ValueType]) -> Int {
    let isLarge = cell.units * cell.width > Self.kernelToShare
    return isLarge && takesWholeSteps && cell.unitsAreIndependent ? max(extents(inputs).time, 1) : 1
  }

  /// Floats of a recurrent kernel that a core's cache does not hold beside all else.
  private static let kernelToShare = 1 << 17

  private func startStates() -> @Sendable (Operands, Range<Int>) -> Void {
    let (initial, stateCount, size) = (slots.initialState, stateCount, cell.units)
    return { OstinatoGraph.startStates($0, $1, initial: initial, count: stateCount, size: size) }
  }

  private func buffers(_ inputs: [ValueType]) -> @Sendable (Operands) -> RecurrentBuffers {
    let (slots, isPacked, input, stateCount) = (slots, isPacked, input, stateCount)
    let (added, features) = (inputs.count - input.count, features(inputs))
    return { operands in
      RecurrentBuffers(
        input: operands.input(0), lookup: input == .lookedUp ? operands.input(added, as: Int32.self) : nil,
        projection: features.map {
          InputProjection(
            features: $0, kernel: operands.input(added),
            bias: input == .plain(hasBias: true) ? operands.input(added + 1) : nil)
        },
        recurrentKernel: RecurrentKernel(operands.input(1), isPacked: isPacked),
        recurrentBias: slots.bias.map { operands.input($0) }, mask: slots.mask.map { operands.input($0) },
        hidden: operands.output(1), carry: operands.output(stateCount), output: operands.output(0),
        scratch: operands.scratch)
    }
  }

  /// Rows that make the most of a reading of the recurrent kernel, which every step does, a large one from further away.
  private var rowsPerReading: Int { cell.units * cell.width > Self.kernelInCache ? 16 : 8 }

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
    .saturatingProduct(
      2, extents(inputs).batch, extents(inputs).time, cell.width, cell.units + (features(inputs) ?? 0))
  }

  package func bytes(inputs: [ValueType], outputs: [ValueType]) -> Double {
    let again = phases(inputs: inputs) - 1
    return (inputs + outputs).reduce(0) { $0 + Double($1.byteCount) } + Double(again) * Double(inputs[1].byteCount)
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    "batch: \(extents(inputs).batch), time: \(extents(inputs).time), units: \(cell.units)"
      + (input == .lookedUp ? ", table: \(inputs[0].shape[0])" : "")
      + (features(inputs).map { ", features: \($0)" } ?? "")
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
