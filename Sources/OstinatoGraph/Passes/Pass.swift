import OstinatoTensors

/// One rewriting of a graph that changes how it is computed and not what.
package protocol Pass: Sendable {
  /// Rewrites `graph`. What it computes from constants it asks of `constants`, so that it is done once per model.
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError)
}

/// The passes of an optimising compilation, in order.
///
/// Borders fold first, so that a convolution is what it will be; then affines, because what they leave behind is what
/// an activation or a sum meets; a residual sum moves into an epilogue before the activation that follows it can;
/// kernels are chosen when the epilogues are known, what is no convolution yet is unrolled and split into such, and
/// some recurrences have taken their projection with them; products of computed matrices take the transposes around
/// them along; other recurrences then take their lookups with them, and what the kernels cannot cut for the threads is
/// paired. The order of what is left is chosen last.
package let optimisingPasses: [any Pass] =
  foldingPasses + [
    UnrollConvolutional(), SplitTransposed(), FuseProjection(), ChooseKernels(), PackMatMul(), FuseLookup(),
    PairRecurrences(), FollowBranches(),
  ]

/// The passes of a compilation that folds and fuses, but leaves every matrix product to OpenBLAS.
package let foldingPasses: [any Pass] = [
  FoldPadding(), FoldAffine(), FuseResidual(), FuseActivation(), FoldLookup(),
]

extension Graph {
  /// Drops what nobody uses, then runs `passes` in order, dropping what each leaves behind; checks the graph after each
  /// in debug builds.
  package mutating func rewrite(by passes: [any Pass], constants: PreparedConstants) throws(ModelError) {
    removeUnused()
    for pass in passes {
      try pass.run(on: &self, constants: constants)
      removeUnused()
      #if DEBUG
        do throws(ModelError) { try verify() } catch { throw error.within("\(type(of: pass))") }
      #endif
    }
  }

  /// Drops nodes whose outputs nobody takes.
  private mutating func removeUnused() {
    var wanted = Set(outputs)
    var kept: [Node] = []
    for node in nodes.reversed() where node.outputs.contains(where: wanted.contains) {
      kept.append(node)
      wanted.formUnion(node.inputs)
    }
    nodes = kept.reversed()
  }

  /// The linear node whose output is `value`, seen through views, when nobody else looks at what lies between.
  func soleLinearProducer(
    of value: Int, producers: [Int: Int], uses: ValueUses
  ) -> (node: Int, operation: any LinearOperation)? {
    var value = value
    while uses.counts[value] == 1, let index = producers[value] {
      if let operation = nodes[index].operation as? any LinearOperation { return (index, operation) }
      guard let viewed = nodes[index].operation.viewedInput else { return nil }
      value = nodes[index].inputs[viewed]
    }
    return nil
  }
}
