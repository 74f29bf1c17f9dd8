import OstinatoGraph
import OstinatoTensors

/// One factor per channel, which ConvNeXt's blocks multiply their result by.
///
/// - Input: `(batch, d₁ … dₙ, projectionDim)`; output: the same shape. Keras lets no mask through.
/// - Lowering: one elementwise operation.
/// - Reference: `keras/src/applications/convnext.py`.
public struct LayerScale: Layer {
  public static let className = "LayerScale"
  public var options: LayerOptions
  public let initValues: Float
  public let projectionDim: Int

  /// - Parameters:
  ///   - initValues: the factors before training.
  ///   - projectionDim: the extent of the last axis.
  public init(initValues: Float, projectionDim: Int, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.initValues = initValues
    self.projectionDim = projectionDim
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.initValues = try config.float("init_values", default: 1e-6)
    self.projectionDim = try config.positiveInt("projection_dim")
  }

  public var config: [String: JSONValue] {
    ["init_values": .double(Double(initValues)), "projection_dim": .int(projectionDim)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard input.rank >= 2, (input[-1] ?? projectionDim) == projectionDim else {
      throw mismatch("\(projectionDim) channels", input)
    }
    return [input]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    [Variable("gamma", [projectionDim], .ones)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [try graph.combine(.multiply, call.input, try graph.weight("gamma", 0, of: call))]
  }
}
