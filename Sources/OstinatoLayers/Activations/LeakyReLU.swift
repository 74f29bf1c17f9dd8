import OstinatoGraph
import OstinatoTensors

/// `x` where it is positive, else `negativeSlope · x`.
///
/// - Input: any shape; output: the same shape.
/// - Reference: `keras/src/layers/activations/leaky_relu.py`.
public struct LeakyReLU: Layer {
  public static let className = "LeakyReLU"
  public var options: LayerOptions
  public let negativeSlope: Float
  public let passesMask = true

  public init(negativeSlope: Float = 0.3, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.negativeSlope = negativeSlope
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    // Keras 1 and 2 call it `alpha`.
    let alpha = try config.optionalFloat("alpha")
    self.negativeSlope = try config.optionalFloat("negative_slope") ?? alpha ?? 0.3
  }

  public var config: [String: JSONValue] { ["negative_slope": .double(Double(negativeSlope))] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [try onlyInput(inputs)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [try ActivationFunction.leakyReLU(negativeSlope: negativeSlope).lower(call.input, into: &graph)]
  }
}
