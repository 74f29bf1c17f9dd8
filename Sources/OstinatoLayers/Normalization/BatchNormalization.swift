import OstinatoGraph
import OstinatoTensors

/// `gamma · (x − movingMean) / √(movingVariance + epsilon) + beta` along one axis.
///
/// - Input: any shape; output: the same shape.
/// - Lowering: one affine over the channels, which folds into a GEMM or convolution before it.
/// - Reference: `keras/src/layers/normalization/batch_normalization.py`.
public struct BatchNormalization: Layer {
  public static let className = "BatchNormalization"
  public static let laterArgumentNames = ["training", "mask"]
  public var options: LayerOptions
  public let axis: Int
  public let momentum: Float
  public let epsilon: Float
  public let center: Bool
  public let scale: Bool
  /// Whether training corrected the statistics of its batches, which leaves more of them behind.
  public let renorm: Bool
  public let passesMask = true

  /// - Parameters:
  ///   - axis: the axis of the channels.
  ///   - momentum: how slowly training moves the statistics.
  ///   - center: whether there is a beta.
  ///   - scale: whether there is a gamma.
  ///   - renorm: whether training corrects the statistics of its batches.
  public init(
    axis: Int = -1, momentum: Float = 0.99, epsilon: Float = 1e-3, center: Bool = true, scale: Bool = true,
    renorm: Bool = false, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.axis = axis
    self.momentum = momentum
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.renorm = renorm
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    let axes = try config.optionalInts("axis") ?? [-1]
    guard axes.count == 1 else { throw config.failure("axis", expected: "one axis") }
    self.axis = axes[0]
    self.momentum = try config.float("momentum", default: 0.99)
    self.epsilon = try config.float("epsilon", default: 1e-3)
    self.center = try config.bool("center", default: true)
    self.scale = try config.bool("scale", default: true)
    self.renorm = try config.bool("renorm", default: false)
  }

  public var config: [String: JSONValue] {
    [
      "axis": .int(axis), "momentum": .double(Double(momentum)), "epsilon": .double(Double(epsilon)),
      "center": .bool(center), "scale": .bool(scale), "renorm": .bool(renorm),
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard (-input.rank..<input.rank).contains(axis) else { throw mismatch("an input with axis \(axis)", input) }
    return [input]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let channels = SymbolicShape([try outputShapes(for: inputs)[0][axis]])
    return (scale ? [Variable("gamma", channels, .ones)] : [])
      + (center ? [Variable("beta", channels, .zeros)] : [])
      + [
        Variable("moving_mean", channels, .zeros, trainable: false),
        Variable("moving_variance", channels, .ones, trainable: false),
      ]
      + (renorm ? ["moving_stddev", "renorm_mean", "renorm_stddev"] : []).map { name in
        Variable(name, channels, name == "renorm_mean" ? .zeros : .ones, trainable: false)
      }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let statistics = Statistics(self, call.weights.variables)
    let scale = try graph.constant("scale") { () throws(ModelError) in statistics.scale }
    let shift = try graph.constant("shift") { () throws(ModelError) in statistics.shift }
    let last = call.input.shape.rank - 1
    let axis = try call.input.shape.axis(axis)
    guard axis != last else { return [try graph.affine(call.input, scale: scale, shift: shift)] }
    var order = Array(0...last)
    order.append(order.remove(at: axis))
    let moved = try graph.affine(try graph.transpose(call.input, order), scale: scale, shift: shift)
    return [try graph.transpose(moved, order.indices.map { order.firstIndex(of: $0) ?? $0 })]
  }
}

/// The weights of a BatchNormalization as one scale and one shift per channel.
private struct Statistics {
  let gamma: [Float]?
  let beta: [Float]?
  let mean: [Float]
  let variance: [Float]
  let epsilon: Float

  init(_ layer: BatchNormalization, _ variables: [Tensor]) {
    var rest = variables[...]
    gamma = layer.scale ? rest.popFirst()?.floats : nil
    beta = layer.center ? rest.popFirst()?.floats : nil
    mean = rest.popFirst()?.floats ?? []
    variance = rest.popFirst()?.floats ?? []
    epsilon = layer.epsilon
  }

  private var scales: [Float] {
    variance.indices.map { (gamma?[$0] ?? 1) / (variance[$0] + epsilon).squareRoot() }
  }

  var scale: Tensor { Tensor(scales) }

  var shift: Tensor {
    let scales = scales
    return Tensor(mean.indices.map { (beta?[$0] ?? 0) - mean[$0] * scales[$0] })
  }
}
