import OstinatoGraph
import OstinatoTensors

/// An affine map over the last axis: `activation(x · kernel + bias)`.
///
/// - Input: `(batch, d₁ … dₙ, inputDim)`; output: `(batch, d₁ … dₙ, units)`.
/// - Lowering: one GEMM with m = batch · d₁ ⋯ dₙ; bias and activation run in its epilogue.
/// - Reference: `keras/src/layers/core/dense.py`.
public struct Dense: Layer {
  public static let className = "Dense"
  public var options: LayerOptions
  public let units: Int
  public let activation: ActivationFunction
  public let useBias: Bool
  public let kernelInitializer: Initializer
  public let biasInitializer: Initializer
  public let passesMask = true

  /// - Parameter units: the extent of the output's last axis.
  public init(
    _ units: Int, activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.units = units
    self.activation = activation
    self.useBias = useBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.units = try config.positiveInt("units")
    self.activation = try config.activation()
    self.useBias = try config.bool("use_bias", default: true)
    self.kernelInitializer = .glorotUniform
    self.biasInitializer = .zeros
  }

  public var config: [String: JSONValue] {
    ["units": .int(units), "activation": activation.config, "use_bias": .bool(useBias)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    var shape = try onlyInput(inputs)
    guard shape.rank >= 2 else { throw mismatch("an input of rank 2 or more", shape) }
    shape[-1] = units
    return [shape]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let inputDim = try onlyInput(inputs)[-1]
    return [Variable("kernel", [inputDim, units], kernelInitializer)]
      + (useBias ? [Variable("bias", [units], biasInitializer)] : [])
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let kernel = try graph.weight("kernel", 0, of: call)
    let bias = useBias ? try graph.weight("bias", 1, of: call) : nil
    return [try activation.lower(try graph.gemm(call.input, kernel: kernel, bias: bias), into: &graph)]
  }
}
