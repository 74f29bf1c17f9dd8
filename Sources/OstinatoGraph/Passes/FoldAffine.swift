import OstinatoKernels
import OstinatoTensors

/// `affine(linear(x; K, b); s, t)` ⇒ `linear(x; K·s, b·s + t)`.
///
/// Applies when the scale runs over the linear operation's columns, or is one number for all, and the epilogue is still
/// bare of residual and activation. A BatchNormalization after a convolution or a Dense layer disappears this way, and
/// so does the scale of an attention's queries.
struct FoldAffine: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    let producers = graph.producers
    var uses = ValueUses(graph)
    for index in graph.nodes.indices where graph.nodes[index].operation.isAffine {
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

extension Operation {
  fileprivate var isAffine: Bool { self is ChannelAffine || uniformAffine != nil }

  /// The scale and the offset of all elements.
  fileprivate var uniformAffine: (scale: Float, offset: Float)? {
    guard case .affine(let scale, let offset)? = (self as? Unary)?.function, scale.isFinite, offset.isFinite else {
      return nil
    }
    return (scale, offset)
  }
}

extension Constant {
  /// A row of `count` elements, all of them `value`.
  fileprivate init(repeating value: Float, count: Int) {
    self.init(key: "\(value) × \(count)", tensor: Tensor([Float](repeating: value, count: count)))
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
    guard let kernel = graph.constant(linear.inputs[1]), let columns = kernel.type.shape.last else { return nil }
    let (scale, shift): (Constant, Constant)
    if let uniform = affine.operation.uniformAffine {
      scale = Constant(repeating: uniform.scale, count: columns)
      shift = Constant(repeating: uniform.offset, count: columns)
    } else {
      guard let scales = graph.constant(affine.inputs[1]), let shifts = graph.constant(affine.inputs[2]),
        scales.type.shape.first == columns
      else { return nil }
      (scale, shift) = (scales, shifts)
    }
    var bias: Constant?
    if linear.inputs.count > 2 {
      guard let constant = graph.constant(linear.inputs[2]) else { return nil }
      bias = constant
    }
    (self.kernel, self.bias, self.scale, self.shift) = (kernel, bias, scale, shift)
  }

  func foldedKernel(_ constants: PreparedConstants) -> Constant {
    constants.constant("(\(kernel.key) · \(scale.key))", type: kernel.type) { [kernel, scale] memory in
      let (scales, shape) = (scale.tensor, kernel.type.shape)
      return kernel.passingTensor.rewritten(as: shape, in: memory) { values, scaled in
        scales.withUnsafeElements(of: Float.self) { scales in
          guard let scale = scales.baseAddress else { return }
          for first in stride(from: 0, to: shape.elementCount, by: max(scales.count, 1)) {
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
