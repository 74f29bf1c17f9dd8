import OstinatoKernels
import OstinatoTensors

/// `affine(linear(x; K, b); s, t)` ⇒ `linear(x; K·s, b·s + t)`.
///
/// Applies when the scale runs over the linear operation's columns and its epilogue is still bare of residual and
/// activation. A BatchNormalization after a convolution or a Dense layer disappears this way.
struct FoldAffine: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    let producers = graph.producers
    var uses = ValueUses(graph)
    for index in graph.nodes.indices where graph.nodes[index].operation is ChannelAffine {
      let affine = graph.nodes[index]
      guard
        let (target, operation) = graph.soleLinearProducer(
          of: affine.inputs[0], producers: producers, uses: uses),
        operation.epilogue.isBiasAlone,
        let weights = Weights(graph, linear: graph.nodes[target], affine: affine)
      else { continue }
      var folded = operation
      folded.epilogue.hasBias = true
      graph.nodes[target].operation = folded
      graph.nodes[target].inputs = [
        graph.nodes[target].inputs[0], graph.add(weights.foldedKernel(constants)),
        graph.add(weights.foldedBias(constants)),
      ]
      uses.bypass(affine, with: affine.inputs[0], in: &graph)
    }
  }
}

/// The constants of a linear operation and of the affine that follows it.
private struct Weights {
  let kernel: Constant
  let bias: Constant?
  let scale: Constant
  let shift: Constant

  /// Nil when one of them is computed at run time or the scale does not run over the kernel's columns.
  init?(_ graph: Graph, linear: Graph.Node, affine: Graph.Node) {
    guard let kernel = graph.constant(linear.inputs[1]), let scale = graph.constant(affine.inputs[1]),
      let shift = graph.constant(affine.inputs[2]), kernel.type.shape.last == scale.type.shape.first
    else { return nil }
    var bias: Constant?
    if linear.inputs.count > 2 {
      guard let constant = graph.constant(linear.inputs[2]) else { return nil }
      bias = constant
    }
    (self.kernel, self.bias, self.scale, self.shift) = (kernel, bias, scale, shift)
  }

  func foldedKernel(_ constants: PreparedConstants) -> Constant {
    constants.constant("(\(kernel.key) · \(scale.key))", type: kernel.type) { [kernel, scale] in
      let (scales, shape) = (scale.tensor, kernel.type.shape)
      return kernel.passingTensor.rewritten(as: shape) { values, scaled in
        scales.withUnsafeElements(of: Float.self) { scales in
          guard let scale = scales.baseAddress else { return }
          for first in stride(from: 0, to: shape.elementCount, by: scales.count) {
            BinaryFunction.multiply.apply(values + first, 1, scale, 1, scaled + first, count: scales.count)
          }
        }
      }
    }
  }

  func foldedBias(_ constants: PreparedConstants) -> Constant {
    constants.constant("(\(bias?.key ?? "0") · \(scale.key) + \(shift.key))") {
      let (scales, shifts) = (scale.tensor.floats, shift.tensor.floats)
      let biases = bias?.tensor.floats ?? [Float](repeating: 0, count: scales.count)
      return Tensor(scales.indices.map { biases[$0] * scales[$0] + shifts[$0] })
    }
  }
}
