import CKernels

/// How whole steps of a cell make its share of the gates from inputs of `features` values.
package struct InputProjection {
  let features: Int
  /// `(features, width)`, packed by ``RecurrentCell/pack(_:rows:into:)``.
  let kernel: Source
  /// `(width)`, or nil.
  let bias: Source?

  package init(features: Int, kernel: Source, bias: Source?) {
    self.features = features
    self.kernel = kernel
    self.bias = bias
  }
}

/// The buffers of one run over a sequence; every pointer starts at batch row 0.
package struct RecurrentBuffers {
  /// `(batch, time, width)`: `x · kernel + bias` of all steps. For cells that a C kernel takes as a whole, it may also be
  /// `(any, width)`, from which `lookup` takes them, or `(batch, time, features)`, which `projection` makes into them.
  package var input: Source
  /// `(batch, time)`: the row of `input` of each step, or nil.
  package var lookup: UnsafePointer<Int32>?
  package var projection: InputProjection?
  package var recurrentKernel: RecurrentKernel
  /// `(width)`: a bias on `h · recurrentKernel` (a GRU that resets after the product), or nil.
  package var recurrentBias: Source?
  /// `(batch, time)`: 0 where a step is masked, or nil.
  package var mask: Source?
  /// `(batch, units)` each: the state before the first step on entry, after the last on return.
  package var hidden: Target
  package var carry: Target
  /// `(batch, time, units)` or `(batch, units)`.
  package var output: Target
  /// ``RecurrentCell/scratchPerRow`` floats for each row of the run, the same in all of its steps.
  package var scratch: Target

  package init(
    input: Source, lookup: UnsafePointer<Int32>? = nil, projection: InputProjection? = nil,
    recurrentKernel: RecurrentKernel, recurrentBias: Source?, mask: Source?, hidden: Target, carry: Target,
    output: Target, scratch: Target
  ) {
    self.input = input
    self.lookup = lookup
    self.projection = projection
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
    begin(buffers, rows: rows)
    if takesWholeSteps(buffers) {
      for step in 0..<time { takeStep(step, buffers, rows: rows, units: 0..<cell.units) }
    } else {
      runProducts(buffers, rows)
    }
  }

  /// Comes before the first step of rows `rows`.
  package func begin(_ buffers: RecurrentBuffers, rows: Range<Int>) {
    let (first, count) = (rows.lowerBound * cell.units, rows.count * cell.units)
    if !returnSequences { (buffers.output + first).update(repeating: 0, count: count) }
    let state = states(before: 0, buffers, rows)
    if takesWholeSteps(buffers), state != buffers.hidden + first {
      state.update(from: buffers.hidden + first, count: count)
    }
  }

  private func takesWholeSteps(_ buffers: RecurrentBuffers) -> Bool {
    buffers.recurrentKernel.isPacked && cell.hasWholeStep
  }

  /// The states of `rows` before a step that one C kernel takes, from one place to another: after the last they are where
  /// they belong.
  private func states(before step: Int, _ buffers: RecurrentBuffers, _ rows: Range<Int>) -> Target {
    (time - step).isMultiple(of: 2) ? buffers.hidden + rows.lowerBound * cell.units : buffers.scratch
  }

  /// Takes rows `rows` one step on by one C kernel, in units `part`: those of some of the cell's pieces, or all.
  package func takeStep(_ step: Int, _ buffers: RecurrentBuffers, rows: Range<Int>, units part: Range<Int>) {
    let (units, width) = (cell.units, buffers.projection?.features ?? cell.width)
    let looksUp = buffers.lookup != nil
    let moment = rows.lowerBound * time + self.moment(step)
    let ahead = step + 1 < time ? (looksUp ? 1 : width) * (goBackwards ? -1 : 1) : 0
    cell.takeStep(
      ck_cell_rows(
        count: rows.count, x: buffers.input + (looksUp ? 0 : moment * width), mask: buffers.mask.map { $0 + moment },
        ldx: looksUp ? width : time * width, ldmask: time, lookup: buffers.lookup.map { $0 + moment }, ldlookup: time,
        ahead: ahead, h_prev: states(before: step, buffers, rows), h: states(before: step + 1, buffers, rows),
        c: cell.kind == .lstm ? buffers.carry + rows.lowerBound * units : buffers.scratch + rows.count * units,
        y: output(buffers, rows.lowerBound, step), ldy: returnSequences ? time * units : units),
      units: part, kernel: buffers.recurrentKernel, bias: buffers.recurrentBias, projection: buffers.projection)
    guard buffers.mask != nil else { return }
    for row in rows where isMasked(buffers, row, step) { repeatOutput(buffers, row, step, units: part) }
  }

  /// Each step as a product of all rows, then the cell.
  private func runProducts(_ buffers: RecurrentBuffers, _ rows: Range<Int>) {
    let (units, width) = (cell.units, cell.width)
    let products = buffers.scratch
    let reset = buffers.scratch + rows.count * width
    for step in 0..<time {
      buffers.recurrentKernel.multiply(
        cell, rows: rows.count, hidden: buffers.hidden + rows.lowerBound * units, into: products,
        bias: buffers.recurrentBias)
      // Without a mask all rows go on together; with one, those that are there go one by one.
      for part in buffers.mask == nil ? [rows] : rows.map({ $0..<$0 + 1 }) {
        if isMasked(buffers, part.lowerBound, step) {
          repeatOutput(buffers, part.lowerBound, step, units: 0..<units)
          continue
        }
        let local = part.lowerBound - rows.lowerBound
        cell.advance(
          RecurrentCell.Rows(
            count: part.count, input: buffers.input + (part.lowerBound * time + moment(step)) * width,
            inputStride: time * width, products: products + local * width,
            hidden: buffers.hidden + part.lowerBound * units, carry: buffers.carry + part.lowerBound * units,
            scratch: reset + local * units), kernel: buffers.recurrentKernel)
        for row in part { output(buffers, row, step).update(from: buffers.hidden + row * units, count: units) }
      }
    }
  }

  /// The place in the sequence that a step reads.
  private func moment(_ step: Int) -> Int { goBackwards ? time - 1 - step : step }

  private func isMasked(_ buffers: RecurrentBuffers, _ row: Int, _ step: Int) -> Bool {
    buffers.mask.map { $0[row * time + moment(step)] == 0 } ?? false
  }

  private func output(_ buffers: RecurrentBuffers, _ row: Int, _ step: Int) -> Target {
    buffers.output + (returnSequences ? row * time + step : row) * cell.units
  }

  /// The output of a masked step: the one before it, zeros at the start or where the layer asks for zeros.
  private func repeatOutput(_ buffers: RecurrentBuffers, _ row: Int, _ step: Int, units: Range<Int>) {
    let target = output(buffers, row, step) + units.lowerBound
    if zeroOutputForMask || (returnSequences && step == 0) {
      target.update(repeating: 0, count: units.count)
    } else if returnSequences {
      target.update(from: target - cell.units, count: units.count)
    }
  }
}
