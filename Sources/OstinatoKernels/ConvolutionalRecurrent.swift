/// A run of an LSTM whose products are convolutions over a sequence of `time` images.
///
/// Source: `keras/src/layers/rnn/conv_lstm.py`.
package struct ConvolutionalRun: Sendable, Hashable {
  /// What happens at each cell of the image.
  package let cell: RecurrentCell
  /// The convolution of one hidden state `(1, spatial…, units)` with itself as output: stride 1, same extents.
  package let window: Window
  package let time: Int
  package let goBackwards: Bool
  package let returnSequences: Bool
  /// A masked step gives zeros rather than the output before it.
  package let zeroOutputForMask: Bool
  /// Whether the mask has an entry for each cell of an image, `(batch, time, spatial…)`, rather than one for all.
  package let masksCells: Bool

  package init(
    cell: RecurrentCell, window: Window, time: Int, goBackwards: Bool, returnSequences: Bool, zeroOutputForMask: Bool,
    masksCells: Bool
  ) {
    self.cell = cell
    self.window = window
    self.time = time
    self.goBackwards = goBackwards
    self.returnSequences = returnSequences
    self.zeroOutputForMask = zeroOutputForMask
    self.masksCells = masksCells
  }

  /// Floats of one hidden state.
  private var stateSize: Int { window.outputCells * cell.units }

  /// Floats in one row of patches.
  private var patch: Int { window.taps * cell.units }

  /// Cells whose patches are gathered at once: enough for a good GEMM, few enough for the cache.
  private var cellsPerBlock: Int { min(window.outputCells, max(64, 131_072 / max(patch, 1))) }

  /// Floats of scratch: the products of one image, a row of units for each of its cells, and a block of patches.
  package var scratchCount: Int { window.outputCells * (cell.width + cell.units) + cellsPerBlock * patch }

  /// Runs batch rows `rows` through all steps; the buffers' `units` are the channels of each cell of the image.
  package func run(_ buffers: RecurrentBuffers, rows: Range<Int>) {
    for row in rows {
      if !returnSequences { (buffers.output + row * stateSize).update(repeating: 0, count: stateSize) }
      for step in 0..<time { advance(buffers, row, step) }
    }
  }

  /// One step of one row: the hidden state convolved, then every cell of the image on its own.
  private func advance(_ buffers: RecurrentBuffers, _ row: Int, _ step: Int) {
    let (units, width, cells) = (cell.units, cell.width, window.outputCells)
    let moment = row * time + (goBackwards ? time - 1 - step : step)
    let (products, scratch) = (buffers.scratch, buffers.scratch + cells * width)
    let (hidden, carry) = (buffers.hidden + row * stateSize, buffers.carry + row * stateSize)
    convolve(hidden, buffers.recurrentKernel.base, into: products, patches: scratch + cells * units)
    let input = buffers.input + moment * cells * width
    let output = buffers.output + (returnSequences ? row * time + step : row) * stateSize
    // Without a mask all cells go on together; with one, those that are there go one by one.
    for part in buffers.mask == nil ? [0..<cells] : (0..<cells).map({ $0..<$0 + 1 }) {
      let first = part.lowerBound
      if let mask = buffers.mask, mask[masksCells ? moment * cells + first : moment] == 0 {
        repeatOutput(output + first * units, step)
        continue
      }
      let rows = RecurrentCell.Rows(
        count: part.count, input: input + first * width, inputStride: width, products: products + first * width,
        hidden: hidden + first * units, carry: carry + first * units, scratch: scratch)
      cell.advance(rows, kernel: buffers.recurrentKernel)
      (output + first * units).update(from: rows.hidden, count: part.count * units)
    }
  }

  /// The output of a masked step: the one before it, zeros at the start or where the layer asks for zeros.
  private func repeatOutput(_ target: Target, _ step: Int) {
    if zeroOutputForMask || (returnSequences && step == 0) {
      target.update(repeating: 0, count: cell.units)
    } else if returnSequences {
      target.update(from: target - stateSize, count: cell.units)
    }
  }

  private func convolve(_ hidden: Target, _ kernel: Source, into products: Target, patches: Target) {
    for start in stride(from: 0, to: window.outputCells, by: cellsPerBlock) {
      let block = start..<min(start + cellsPerBlock, window.outputCells)
      im2col(window, pixels: block, width: cell.units, from: hidden, to: patches)
      gemm(
        m: block.count, n: cell.width, k: patch, a: patches, lda: patch, b: kernel, ldb: cell.width,
        c: products + start * cell.width, ldc: cell.width)
    }
  }
}
