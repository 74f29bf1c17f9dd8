import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// One of Keras' activation functions, by name: `.relu`, `.softmax`, `.gelu(approximate: true)`.
///
/// Source: `keras/src/activations/activations.py`.
public enum ActivationFunction: Sendable, Hashable {
  case linear
  case relu(negativeSlope: Float, maxValue: Float?, threshold: Float)
  case relu6
  case leakyReLU(negativeSlope: Float)
  case elu(alpha: Float)
  case selu
  case celu(alpha: Float)
  case gelu(approximate: Bool)
  case silu
  case sigmoid
  /// `relu6(x + 3) / 6`.
  case hardSigmoid
  /// What Keras 1 and 2 mean by `hard_sigmoid`: `clip(0.2 x + 0.5, 0, 1)`.
  case hardSigmoidKeras2
  case hardSilu
  case tanh
  case hardTanh
  case tanhShrink
  case hardShrink(threshold: Float)
  case softShrink(threshold: Float)
  case exponential
  case softplus
  case softsign
  case squareplus(b: Float)
  case sparsePlus
  case sparseSigmoid
  case logSigmoid
  case mish
  case threshold(Float, value: Float)
  /// Halves `a`, `b` of an axis: `a · sigmoid(b)`.
  case glu(axis: Int)
  case softmax(axis: Int)
  case logSoftmax(axis: Int)
  case sparsemax(axis: Int)

  /// `max(x, 0)`.
  public static let relu = ActivationFunction.relu(negativeSlope: 0, maxValue: nil, threshold: 0)
  /// Slope 0.2 below zero.
  public static let leakyReLU = ActivationFunction.leakyReLU(negativeSlope: 0.2)
  /// Alpha 1.
  public static let elu = ActivationFunction.elu(alpha: 1)
  /// Alpha 1.
  public static let celu = ActivationFunction.celu(alpha: 1)
  /// The exact form.
  public static let gelu = ActivationFunction.gelu(approximate: false)
  /// Keras' other name for ``silu``.
  public static let swish = ActivationFunction.silu
  /// Threshold 0.5.
  public static let hardShrink = ActivationFunction.hardShrink(threshold: 0.5)
  /// Threshold 0.5.
  public static let softShrink = ActivationFunction.softShrink(threshold: 0.5)
  /// b = 4.
  public static let squareplus = ActivationFunction.squareplus(b: 4)
  /// Over the last axis.
  public static let glu = ActivationFunction.glu(axis: -1)
  /// Over the last axis.
  public static let softmax = ActivationFunction.softmax(axis: -1)
  /// Over the last axis.
  public static let logSoftmax = ActivationFunction.logSoftmax(axis: -1)
  /// Over the last axis.
  public static let sparsemax = ActivationFunction.sparsemax(axis: -1)

  /// Keras' names, aliases included.
  static let named: [String: ActivationFunction] = [
    "linear": .linear, "relu": .relu, "relu6": .relu6, "leaky_relu": .leakyReLU, "elu": .elu, "selu": .selu,
    "celu": .celu, "gelu": .gelu, "silu": .silu, "swish": .silu, "sigmoid": .sigmoid, "hard_sigmoid": .hardSigmoid,
    "hard_silu": .hardSilu, "hard_swish": .hardSilu, "tanh": .tanh, "hard_tanh": .hardTanh,
    "tanh_shrink": .tanhShrink, "hard_shrink": .hardShrink, "soft_shrink": .softShrink, "exponential": .exponential,
    "softplus": .softplus, "softsign": .softsign, "squareplus": .squareplus, "sparse_plus": .sparsePlus,
    "sparse_sigmoid": .sparseSigmoid, "log_sigmoid": .logSigmoid, "mish": .mish, "glu": .glu, "softmax": .softmax,
    "log_softmax": .logSoftmax, "sparsemax": .sparsemax,
    "threshold": .threshold(0, value: 0),
  ]

  /// The function of each element, nil for the identity and for those that look at a whole axis.
  package var elementwise: UnaryFunction? {
    switch self {
    case .linear, .glu, .softmax, .logSoftmax, .sparsemax: nil
    case .relu(let slope, let maximum, let threshold):
      .relu(slope: slope, maximum: maximum ?? .infinity, threshold: threshold)
    case .relu6: .relu6
    case .leakyReLU(let slope): .relu(slope: slope)
    case .elu(let alpha): .elu(alpha: alpha)
    case .selu: .selu
    case .celu(let alpha): .celu(alpha: alpha)
    case .gelu(let approximate): .gelu(approximate: approximate)
    case .silu: .silu
    case .sigmoid: .sigmoid
    case .hardSigmoid: .hardSigmoid(slope: 1 / 6)
    case .hardSigmoidKeras2: .hardSigmoid(slope: 0.2)
    case .hardSilu: .hardSilu
    case .tanh: .tanh
    case .hardTanh: .hardTanh
    case .tanhShrink: .tanhShrink
    case .hardShrink(let threshold): .hardShrink(threshold: threshold)
    case .softShrink(let threshold): .softShrink(threshold: threshold)
    case .exponential: .exponential
    case .softplus: .softplus
    case .softsign: .softsign
    case .squareplus(let b): .squareplus(b: b)
    case .sparsePlus: .sparsePlus
    case .sparseSigmoid: .sparseSigmoid
    case .logSigmoid: .logSigmoid
    case .mish: .mish
    case .threshold(let threshold, let value): .threshold(threshold, value: value)
    }
  }

  /// The function over an axis, nil for the elementwise ones.
  var overAxis: (function: RowFunction, axis: Int)? {
    switch self {
    case .softmax(let axis): (.softmax, axis)
    case .logSoftmax(let axis): (.logSoftmax, axis)
    case .sparsemax(let axis): (.sparsemax, axis)
    default: nil
    }
  }

  /// Adds the operations of the function to `graph`.
  public func lower(_ x: Value, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    if case .glu(let axis) = self { return try Self.lowerGLU(x, axis: axis, into: &graph) }
    guard let (function, axis) = overAxis else { return try graph.apply(elementwise, x) }
    let place = try x.shape.axis(axis)
    if place == 0 { graph.mixBatch() }
    return try graph.apply(function, x, axis: place)
  }

  private static func lowerGLU(_ x: Value, axis: Int, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    let axis = try x.shape.axis(axis)
    guard x.shape[axis].isMultiple(of: 2) else {
      throw ModelError(.shapeMismatch, "", "glu: expected an even extent along axis \(axis). Received: \(x.shape)")
    }
    if axis == 0 { graph.mixBatch() }
    let half = x.shape[axis] / 2
    let values = try graph.slice(x, axis: axis, start: 0, count: half)
    let gates = try graph.slice(x, axis: axis, start: half, count: half)
    return try graph.combine(.multiply, values, try graph.apply(.sigmoid, gates))
  }
}

extension Shape {
  /// The axis that `axis` means; a negative one counts from the end.
  package func axis(_ axis: Int) throws(ModelError) -> Int {
    let positive = axis < 0 ? axis + rank : axis
    guard indices.contains(positive) else {
      throw ModelError(.malformedConfig, "", "expected an axis of \(self). Received: axis=\(axis)")
    }
    return positive
  }
}
