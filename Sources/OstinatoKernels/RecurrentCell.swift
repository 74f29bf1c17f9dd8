import CKernels

/// A recurrent cell and the functions inside it. Gate columns stand in Keras' order.
///
/// Source: `keras/src/layers/rnn/{simple_rnn,gru,lstm}.py`.
package struct RecurrentCell: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// `h′ = a(x + hU)`.
    case simple
    /// Gates z, r, h. `resetAfter` multiplies the reset gate to `hU_h + b`, otherwise to `h` before the product.
    case gru(resetAfter: Bool)
    /// Gates i, f, c, o.
    case lstm

    /// The number of gates, the candidate among them.
    package var gates: Int {
      switch self {
      case .simple: 1
      case .gru: 3
      case .lstm: 4
      }
    }

    /// The kind as the C kernels know it.
    var kernelKind: ck_cell_kind {
      switch self {
      case .simple: .CK_CELL_SIMPLE
      case .gru(let resetAfter): resetAfter ? .CK_CELL_GRU : .CK_CELL_GRU_RESET_FIRST
      case .lstm: .CK_CELL_LSTM
      }
    }
  }

  package let kind: Kind
  package let units: Int
  package let activation: GateFunction
  package let recurrentActivation: GateFunction

  package init(kind: Kind, units: Int, activation: GateFunction, recurrentActivation: GateFunction) {
    self.kind = kind
    self.units = units
    self.activation = activation
    self.recurrentActivation = recurrentActivation
  }

  /// Columns of the kernels: units times gates.
  package var width: Int { kind.gates * units }

  /// Floats of scratch that one batch row needs.
  package var scratchPerRow: Int { width + units }
}

// MARK: - One step as a whole

extension RecurrentCell {
  /// Whether a C kernel takes whole steps of this cell, product and all.
  package var hasWholeStep: Bool {
    activation.kernelActivation != nil && recurrentActivation.kernelActivation != nil
  }

  /// Whether all units of a step need only the states before it.
  package var unitsAreIndependent: Bool { kind != .gru(resetAfter: false) }

  /// Pieces in which a step of independent units may be taken.
  package var pieces: Int { (units + Int(CK_CELL_UNITS) - 1) / Int(CK_CELL_UNITS) }

  /// The units of some pieces.
  package func units(of pieces: Range<Int>) -> Range<Int> {
    pieces.lowerBound * Int(CK_CELL_UNITS)..<min(pieces.upperBound * Int(CK_CELL_UNITS), units)
  }

  /// Floats of a kernel `(rows, width)` packed for whole steps.
  package func packedSize(rows: Int) -> Int { ck_cell_packed_size_f32(kind.kernelKind, rows, units) }

  /// Packs a kernel `(rows, width)` gate by gate, as whole steps read it.
  package func pack(_ kernel: Source, rows: Int, into packed: Target) {
    ck_cell_pack_f32(kind.kernelKind, rows, units, kernel, packed)
  }

  /// Takes the rows one step on, in some of their units. The kernel is packed.
  func takeStep(
    _ rows: ck_cell_rows, units part: Range<Int>, kernel: RecurrentKernel, bias: Source?, projection: InputProjection?
  ) {
    guard let inner = activation.kernelActivation, let gate = recurrentActivation.kernelActivation else { return }
    var cell = ck_cell(
      kind: kind.kernelKind, units: units, kernel: kernel.base, bias: bias, inputs: projection?.features ?? 0,
      input_kernel: projection?.kernel, input_bias: projection?.bias, activation: inner, recurrent: gate)
    var rows = rows
    ck_cell_step_f32(&cell, &rows, part.lowerBound, part.upperBound)
  }
}

// MARK: - One step after its product

extension RecurrentCell {
  /// Columns of a step's first product: all of them, but for a GRU that resets before the second.
  var firstWidth: Int { kind == .gru(resetAfter: false) ? 2 * units : width }

  /// Where consecutive rows of a batch are in one step.
  struct Rows {
    let count: Int
    /// What the cell makes of the step's input: `(count, width)`, rows `inputStride` apart.
    let input: Source
    let inputStride: Int
    /// `(count, width)`: the recurrent product on entry, overwritten.
    let products: Target
    /// `(count, units)`: the state before the step on entry, after it on return.
    let hidden: Target
    let carry: Target
    /// `(count, units)`.
    let scratch: Target
  }

  /// Takes the rows one step on.
  func advance(_ rows: Rows, kernel: RecurrentKernel) {
    if advanceFused(rows) { return }
    if kind == .gru(resetAfter: false) {
      for row in 0..<rows.count { openGates(Row(rows, row, self)) }
      kernel.multiplyCandidate(
        self, rows: rows.count, reset: rows.scratch, into: rows.products + firstWidth)
    }
    for row in 0..<rows.count {
      switch kind {
      case .simple: advanceSimple(Row(rows, row, self))
      case .gru(resetAfter: true): advanceGRU(Row(rows, row, self))
      case .gru(resetAfter: false): closeGates(Row(rows, row, self))
      case .lstm: advanceLSTM(Row(rows, row, self))
      }
    }
  }

  /// The step by one C kernel for all rows; false where there is none for this cell and its functions.
  private func advanceFused(_ rows: Rows) -> Bool {
    guard let inner = activation.kernelActivation, let gate = recurrentActivation.kernelActivation else { return false }
    switch kind {
    case .lstm:
      finishLSTM(
        rows: rows.count, input: rows.input, inputStride: rows.inputStride, products: rows.products,
        carry: rows.carry, hidden: rows.hidden, newCarry: rows.carry)
    case .gru(resetAfter: true):
      ck_gru_cell_f32(
        rows.count, units, rows.input, rows.inputStride, rows.products, width, rows.hidden, units, rows.hidden, units,
        inner, gate)
    default: return false
    }
    return true
  }
}

// MARK: - One step of an LSTM after its product, from one place to another

extension RecurrentCell {
  /// Takes `rows` rows one step on. The cell is one that ``hasWholeStep``; `newCarry` may be `carry`.
  package func finishLSTM(
    rows: Int, input: Source, inputStride: Int, products: Source, carry: Source, hidden: Target, newCarry: Target
  ) {
    guard let inner = activation.kernelActivation, let gate = recurrentActivation.kernelActivation else { return }
    ck_lstm_cell_f32(
      rows, units, input, inputStride, products, width, carry, units, hidden, units, newCarry, units, inner, gate)
  }
}

// MARK: - One row

extension RecurrentCell {
  /// One of ``Rows``.
  private struct Row {
    let input: Source
    let products: Target
    let hidden: Target
    let carry: Target
    let scratch: Target

    init(_ rows: Rows, _ row: Int, _ cell: RecurrentCell) {
      input = rows.input + row * rows.inputStride
      products = rows.products + row * cell.width
      hidden = rows.hidden + row * cell.units
      carry = rows.carry + row * cell.units
      scratch = rows.scratch + row * cell.units
    }
  }

  private func advanceSimple(_ row: Row) {
    for unit in 0..<units { row.hidden[unit] = row.input[unit] + row.products[unit] }
    activation.apply(row.hidden, row.hidden, units: units)
  }

  private func advanceGRU(_ row: Row) {
    let (reset, candidate) = (row.products + units, row.products + 2 * units)
    activateGates(row)
    for unit in 0..<units { candidate[unit] = row.input[2 * units + unit] + reset[unit] * candidate[unit] }
    blend(row)
  }

  /// The gates, and in `scratch` the state that the reset gate leaves for the second product.
  private func openGates(_ row: Row) {
    activateGates(row)
    for unit in 0..<units { row.scratch[unit] = row.products[units + unit] * row.hidden[unit] }
  }

  private func closeGates(_ row: Row) {
    let candidate = row.products + 2 * units
    for unit in 0..<units { candidate[unit] += row.input[2 * units + unit] }
    blend(row)
  }

  private func activateGates(_ row: Row) {
    for index in 0..<2 * units { row.products[index] += row.input[index] }
    recurrentActivation.apply(row.products, row.products, gates: 2, units: units)
  }

  /// `h′ = z · h + (1 − z) · a(candidate)`.
  private func blend(_ row: Row) {
    let (update, candidate) = (row.products, row.products + 2 * units)
    activation.apply(candidate, candidate, units: units)
    for unit in 0..<units {
      row.hidden[unit] = update[unit] * row.hidden[unit] + (1 - update[unit]) * candidate[unit]
    }
  }

  private func advanceLSTM(_ row: Row) {
    let gates = row.products
    for index in 0..<4 * units { gates[index] += row.input[index] }
    recurrentActivation.apply(gates, gates, gates: 2, units: units)
    activation.apply(gates + 2 * units, gates + 2 * units, units: units)
    recurrentActivation.apply(gates + 3 * units, gates + 3 * units, units: units)
    for unit in 0..<units {
      row.carry[unit] = gates[units + unit] * row.carry[unit] + gates[unit] * gates[2 * units + unit]
    }
    activation.apply(row.carry, row.scratch, units: units)
    for unit in 0..<units { row.hidden[unit] = gates[3 * units + unit] * row.scratch[unit] }
  }
}
