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

// MARK: - One row, one step

extension RecurrentCell {
  /// Where one row of a batch is in one step. `input` and `products` are `(width)`, the others `(units)`.
  struct Row {
    /// What the cell makes of the step's input.
    let input: Source
    /// The recurrent product on entry, overwritten.
    let products: Target
    /// The state before the step on entry, after it on return.
    let hidden: Target
    let carry: Target
    let scratch: Target
  }

  /// Takes a row one step on. A GRU that resets before the product multiplies by the last third of `recurrentKernel`
  /// itself.
  func advance(_ row: Row, recurrentKernel: Source) {
    switch kind {
    case .simple: advanceSimple(row)
    case .gru(resetAfter: true): advanceGRU(row)
    case .gru(resetAfter: false): advanceGRUResetBefore(row, recurrentKernel)
    case .lstm: advanceLSTM(row)
    }
  }

  private func advanceSimple(_ row: Row) {
    for unit in 0..<units { row.hidden[unit] = row.input[unit] + row.products[unit] }
    activation?.apply(row.hidden, row.hidden, count: units)
  }

  private func advanceGRU(_ row: Row) {
    let (update, reset, candidate) = (row.products, row.products + units, row.products + 2 * units)
    for index in 0..<2 * units { update[index] += row.input[index] }
    recurrentActivation?.apply(update, update, count: 2 * units)
    for unit in 0..<units { candidate[unit] = row.input[2 * units + unit] + reset[unit] * candidate[unit] }
    activation?.apply(candidate, candidate, count: units)
    for unit in 0..<units {
      row.hidden[unit] = update[unit] * row.hidden[unit] + (1 - update[unit]) * candidate[unit]
    }
  }

  private func advanceGRUResetBefore(_ row: Row, _ recurrentKernel: Source) {
    let (update, reset, candidate) = (row.products, row.products + units, row.products + 2 * units)
    for index in 0..<2 * units { update[index] += row.input[index] }
    recurrentActivation?.apply(update, update, count: 2 * units)
    for unit in 0..<units { row.scratch[unit] = reset[unit] * row.hidden[unit] }
    gemm(
      m: 1, n: units, k: units, a: row.scratch, lda: units, b: recurrentKernel + 2 * units, ldb: width,
      c: candidate, ldc: width)
    for unit in 0..<units { candidate[unit] += row.input[2 * units + unit] }
    activation?.apply(candidate, candidate, count: units)
    for unit in 0..<units {
      row.hidden[unit] = update[unit] * row.hidden[unit] + (1 - update[unit]) * candidate[unit]
    }
  }

  private func advanceLSTM(_ row: Row) {
    let gates = row.products
    for index in 0..<4 * units { gates[index] += row.input[index] }
    recurrentActivation?.apply(gates, gates, count: 2 * units)
    activation?.apply(gates + 2 * units, gates + 2 * units, count: units)
    recurrentActivation?.apply(gates + 3 * units, gates + 3 * units, count: units)
    for unit in 0..<units {
      row.carry[unit] = gates[units + unit] * row.carry[unit] + gates[unit] * gates[2 * units + unit]
    }
    if let activation {
      activation.apply(row.carry, row.scratch, count: units)
    } else {
      row.scratch.update(from: row.carry, count: units)
    }
    for unit in 0..<units { row.hidden[unit] = gates[3 * units + unit] * row.scratch[unit] }
  }
}
