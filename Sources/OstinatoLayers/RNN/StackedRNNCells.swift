import OstinatoGraph
import OstinatoTensors

/// Several cells as one: each takes the output of the one before it.
///
/// - Input: one step `(batch, features)`, then the states of all cells, from the first to the last; output: that of the
///   last cell, then the new states.
/// - Lowering over a sequence: one cell after another over all steps. It gives the same as one step after another,
///   since no cell sees what comes later; a masked step leaves the states of all cells alone.
/// - Reference: `keras/src/layers/rnn/stacked_rnn_cells.py`.
public struct StackedRNNCells: RecurrentCellLayer {
  public static let className = "StackedRNNCells"
  public var options: LayerOptions
  /// The cells, that of the input first.
  public let cells: [any RecurrentCellLayer]

  /// - Precondition: there is at least one cell.
  public init(_ cells: [any RecurrentCellLayer], name: String? = nil) {
    precondition(!cells.isEmpty, "expected at least one cell")
    self.options = LayerOptions(name: name)
    self.cells = cells
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    var cells: [any RecurrentCellLayer] = []
    for layer in try config.layers("cells") {
      guard let cell = layer as? any RecurrentCellLayer else {
        throw config.failure("cells", expected: "a list of recurrent cells")
      }
      cells.append(cell)
    }
    guard !cells.isEmpty else { throw config.failure("cells", expected: "at least one cell") }
    self.cells = cells
  }

  public var config: [String: JSONValue] { ["cells": .array(cells.map { JSONValue($0) })] }

  public var stepRank: Int { cells[0].stepRank }

  /// What each cell takes: the input, then the output of the cell before.
  private func steps(from step: SymbolicShape) throws(ModelError) -> [SymbolicShape] {
    var steps = [step]
    for cell in cells.dropLast() { steps.append(try cell.outputShapes(for: [steps[steps.count - 1]])[0]) }
    return steps
  }

  public func stateShapes(for step: SymbolicShape) throws(ModelError) -> [SymbolicShape] {
    var states: [SymbolicShape] = []
    for (cell, step) in zip(cells, try steps(from: step)) { states += try cell.stateShapes(for: step) }
    return states
  }

  public func outputShape(for step: SymbolicShape) throws(ModelError) -> SymbolicShape {
    let steps = try steps(from: step)
    return try cells[cells.count - 1].outputShapes(for: [steps[steps.count - 1]])[0]
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    guard let step = inputs.first else { throw ModelError(.shapeMismatch, "", "expected a step. Received: nothing") }
    var names = NumberedNames()
    var sublayers: [Sublayer] = []
    for (cell, step) in zip(cells, try steps(from: step)) {
      let name = names.next(for: cell)
      sublayers.append(Sublayer(name, path: "cells/\(name)", cell, inputs: [step]))
    }
    return sublayers
  }

  public func lowerSequence(
    _ call: LayerCall, _ run: SequenceRun, into graph: inout GraphBuilder
  ) throws(ModelError) -> [Value] {
    var (sequence, run) = (call.input, run)
    var given = call.inputs.dropFirst()
    var states: [Value] = []
    let (last, wanted) = (cells.count - 1, run)
    for (index, place) in try sublayers(for: [SymbolicShape(step(of: sequence))]).enumerated() {
      run.returnSequences = index < last || wanted.returnSequences
      run.zeroOutputForMask = index == last && wanted.zeroOutputForMask
      let count = given.isEmpty ? 0 : try cells[index].stateShapes(for: place.inputs[0]).count
      let inner = call.inner(place.name, inputs: [sequence] + given.prefix(count))
      let (cell, now) = (cells[index], run)
      let results = try graph.scoped(place.name, className: cell.className) { graph throws(ModelError) in
        try cell.lowerSequence(inner, now, into: &graph)
      }
      given = given.dropFirst(count)
      sequence = results[0]
      states += results.dropFirst()
      // What the first cell gives is in the order of processing already.
      if index == 0 && run.goBackwards { run = try graph.turned(run) }
    }
    return [sequence] + states
  }

  private func step(of sequence: Value) -> Shape {
    Shape([sequence.shape[0]] + sequence.shape.dropFirst(2))
  }
}

extension GraphBuilder {
  /// The same run over a sequence that has been turned round.
  fileprivate mutating func turned(_ run: SequenceRun) throws(ModelError) -> SequenceRun {
    var run = run
    run.goBackwards = false
    run.mask = try run.mask.map { mask throws(ModelError) in try reverse(mask, axis: 1) }
    return run
  }
}
