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
  }

  package let kind: Kind
  package let units: Int
  package let activation: UnaryFunction?
  package let recurrentActivation: UnaryFunction?

  package init(kind: Kind, units: Int, activation: UnaryFunction?, recurrentActivation: UnaryFunction?) {
    self.kind = kind
    self.units = units
    self.activation = activation
    self.recurrentActivation = recurrentActivation
  }

  /// Columns of the kernels: units times gates.
  package var width: Int {
    switch kind {
    case .simple: units
    case .gru: 3 * units
    case .lstm: 4 * units
    }
  }

  /// Floats of scratch that one batch row needs.
  package var scratchPerRow: Int { width + units }
}

/// The buffers of one run over a sequence; every pointer starts at batch row 0.
package struct RecurrentBuffers {
  /// `(batch, time, width)`: `x · kernel + bias` of all steps.
  package var projected: Source
  /// `(units, width)`.
  package var recurrentKernel: Source
  /// `(width)`: a bias on `h · recurrentKernel` (a GRU that resets after the product), or nil.
  package var recurrentBias: Source?
  /// `(batch, time)`: 0 where a step is masked, or nil.
  package var mask: Source?
  /// `(batch, units)` each: the state before the first step on entry, after the last on return.
  package var hidden: Target
  package var carry: Target
  /// `(batch, time, units)` or `(batch, units)`.
  package var output: Target
  /// ``RecurrentCell/scratchPerRow`` floats for each row of the run.
  package var scratch: Target

  package init(
    projected: Source, recurrentKernel: Source, recurrentBias: Source?, mask: Source?, hidden: Target, carry: Target,
    output: Target, scratch: Target
  ) {
    self.projected = projected
    self.recurrentKernel = recurrentKernel
    self.recurrentBias = recurrentBias
    self.mask = mask
    self.hidden = hidden
    self.carry = carry
    self.output = output
    self.scratch = scratch
  }
}

/// A run of a cell over a sequence of `time` steps.
package struct RecurrentRun: Sendable, Hashable {
  package let cell: RecurrentCell
  package let time: Int
  package let goBackwards: Bool
  package let returnSequences: Bool
  /// A masked step gives zeros rather than the output before it.
  package let zeroOutputForMask: Bool

  package init(cell: RecurrentCell, time: Int, goBackwards: Bool, returnSequences: Bool, zeroOutputForMask: Bool) {
    self.cell = cell
    self.time = time
    self.goBackwards = goBackwards
    self.returnSequences = returnSequences
    self.zeroOutputForMask = zeroOutputForMask
  }

  /// Runs batch rows `rows` through all steps.
  package func run(_ buffers: RecurrentBuffers, rows: Range<Int>) {
    let (units, width) = (cell.units, cell.width)
    let products = buffers.scratch
    let reset = buffers.scratch + rows.count * width
    if !returnSequences {
      (buffers.output + rows.lowerBound * units).update(repeating: 0, count: rows.count * units)
    }
    for step in 0..<time {
      let moment = goBackwards ? time - 1 - step : step
      multiply(buffers, rows, products)
      for row in rows {
        let local = row - rows.lowerBound
        if isMasked(buffers, row, moment) {
          repeatOutput(buffers, row, step)
          continue
        }
        let state = Row(
          input: buffers.projected + (row * time + moment) * width, products: products + local * width,
          hidden: buffers.hidden + row * units, carry: buffers.carry + row * units, scratch: reset + local * units)
        advance(state, buffers)
        output(buffers, row, step).update(from: state.hidden, count: units)
      }
    }
  }

  private func isMasked(_ buffers: RecurrentBuffers, _ row: Int, _ moment: Int) -> Bool {
    buffers.mask.map { $0[row * time + moment] == 0 } ?? false
  }

  private func output(_ buffers: RecurrentBuffers, _ row: Int, _ step: Int) -> Target {
    buffers.output + (returnSequences ? row * time + step : row) * cell.units
  }

  /// The output of a masked step: the one before it, zeros at the start or where the layer asks for zeros.
  private func repeatOutput(_ buffers: RecurrentBuffers, _ row: Int, _ step: Int) {
    let target = output(buffers, row, step)
    if zeroOutputForMask || (returnSequences && step == 0) {
      target.update(repeating: 0, count: cell.units)
    } else if returnSequences {
      target.update(from: target - cell.units, count: cell.units)
    }
  }

  /// `products = hidden · recurrentKernel + recurrentBias` for all rows; a GRU that resets before the product leaves
  /// its last third to ``advance``.
  private func multiply(_ buffers: RecurrentBuffers, _ rows: Range<Int>, _ products: Target) {
    let (units, width) = (cell.units, cell.width)
    gemm(
      m: rows.count, n: cell.kind == .gru(resetAfter: false) ? 2 * units : width, k: units,
      a: buffers.hidden + rows.lowerBound * units, lda: units, b: buffers.recurrentKernel, ldb: width, c: products,
      ldc: width)
    Epilogue(bias: buffers.recurrentBias).apply(to: products, rows: 0..<rows.count, n: width, ldc: width)
  }
}

// MARK: - One row, one step

extension RecurrentRun {
  private struct Row {
    let input: Source
    let products: Target
    let hidden: Target
    let carry: Target
    let scratch: Target
  }

  private func advance(_ row: Row, _ buffers: RecurrentBuffers) {
    switch cell.kind {
    case .simple: advanceSimple(row)
    case .gru(resetAfter: true): advanceGRU(row)
    case .gru(resetAfter: false): advanceGRUResetBefore(row, buffers)
    case .lstm: advanceLSTM(row)
    }
  }

  private func advanceSimple(_ row: Row) {
    for unit in 0..<cell.units { row.hidden[unit] = row.input[unit] + row.products[unit] }
    cell.activation?.apply(row.hidden, row.hidden, count: cell.units)
  }

  private func advanceGRU(_ row: Row) {
    let units = cell.units
    let (update, reset, candidate) = (row.products, row.products + units, row.products + 2 * units)
    for index in 0..<2 * units { update[index] += row.input[index] }
    cell.recurrentActivation?.apply(update, update, count: 2 * units)
    for unit in 0..<units { candidate[unit] = row.input[2 * units + unit] + reset[unit] * candidate[unit] }
    cell.activation?.apply(candidate, candidate, count: units)
    for unit in 0..<units {
      row.hidden[unit] = update[unit] * row.hidden[unit] + (1 - update[unit]) * candidate[unit]
    }
  }

  private func advanceGRUResetBefore(_ row: Row, _ buffers: RecurrentBuffers) {
    let (units, width) = (cell.units, cell.width)
    let (update, reset, candidate) = (row.products, row.products + units, row.products + 2 * units)
    for index in 0..<2 * units { update[index] += row.input[index] }
    cell.recurrentActivation?.apply(update, update, count: 2 * units)
    for unit in 0..<units { row.scratch[unit] = reset[unit] * row.hidden[unit] }
    gemm(
      m: 1, n: units, k: units, a: row.scratch, lda: units, b: buffers.recurrentKernel + 2 * units, ldb: width,
      c: candidate, ldc: width)
    for unit in 0..<units { candidate[unit] += row.input[2 * units + unit] }
    cell.activation?.apply(candidate, candidate, count: units)
    for unit in 0..<units {
      row.hidden[unit] = update[unit] * row.hidden[unit] + (1 - update[unit]) * candidate[unit]
    }
  }

  private func advanceLSTM(_ row: Row) {
    let units = cell.units
    let gates = row.products
    for index in 0..<4 * units { gates[index] += row.input[index] }
    cell.recurrentActivation?.apply(gates, gates, count: 2 * units)
    cell.activation?.apply(gates + 2 * units, gates + 2 * units, count: units)
    cell.recurrentActivation?.apply(gates + 3 * units, gates + 3 * units, count: units)
    for unit in 0..<units {
      row.carry[unit] = gates[units + unit] * row.carry[unit] + gates[unit] * gates[2 * units + unit]
    }
    if let activation = cell.activation {
      activation.apply(row.carry, row.scratch, count: units)
    } else {
      row.scratch.update(from: row.carry, count: units)
    }
    for unit in 0..<units { row.hidden[unit] = gates[3 * units + unit] * row.scratch[unit] }
  }
}
