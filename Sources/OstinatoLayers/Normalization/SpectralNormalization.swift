import OstinatoGraph
import OstinatoTensors

/// A layer whose kernel training divides by its largest singular value. At inference the kernel is stored divided, so
/// that this is the layer itself.
///
/// - Input and output: those of the layer; as in Keras, the output has the input's element type.
/// - Reference: `keras/src/layers/normalization/spectral_normalization.py`.
public struct SpectralNormalization: Layer {
  public static let className = "SpectralNormalization"
  public var options: LayerOptions
  public let layer: any Layer
  public let powerIterations: Int

  /// - Parameter powerIterations: how many steps training takes towards the singular value.
  public init(_ layer: any Layer, powerIterations: Int = 1, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.layer = layer
    self.powerIterations = powerIterations
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.layer = try config.layer("layer")
    self.powerIterations = try config.positiveInt("power_iterations", default: 1)
  }

  public var config: [String: JSONValue] { ["layer": JSONValue(layer), "power_iterations": .int(powerIterations)] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try layer.outputShapes(for: inputs)
  }

  /// Keras stores the layer's kernel here a second time, and the estimate of its singular vector.
  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    guard let kernel = try layer.variables(for: inputs).first, kernel.shape.rank > 0 else {
      throw ModelError(.malformedConfig, "", "expected a layer with a kernel. Received: \(layer.className)")
    }
    return [
      Variable(kernel.name, kernel.shape, kernel.initializer, place: .copy(ofSublayer: "layer")),
      Variable("vector_u", [1, kernel.shape[-1]], .truncatedNormal(standardDeviation: 0.02), trainable: false),
    ]
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    [Sublayer("layer", layer, inputs: inputs)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let outputs = try graph.lower(layer, named: "layer", call.inner("layer", inputs: call.inputs))
    guard call.input.dataType == .int32 else { return outputs }
    return try outputs.map { output throws(ModelError) in try graph.asInteger(output) }
  }
}
