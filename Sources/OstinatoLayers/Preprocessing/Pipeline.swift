import OstinatoGraph
import OstinatoTensors

/// Layers one after another, as one layer.
///
/// - Input and output: those of the first and the last layer.
/// - Reference: `keras/src/layers/preprocessing/pipeline.py`.
public struct Pipeline: Layer {
  public static let className = "Pipeline"
  public var options: LayerOptions
  public let layers: [any Layer]

  public init(_ layers: [any Layer], name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.layers = layers
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    guard let entries = config["layers"]?.array else { throw config.failure("layers", expected: "a list of layers") }
    self.layers = try entries.map { entry throws(ModelError) in try config.context.layer(from: entry) }
  }

  public var config: [String: JSONValue] { ["layers": .array(layers.map { JSONValue($0) })] }

  private var names: [String] { Network.named(layers).map(\.name) }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    var shapes = inputs
    for layer in layers { shapes = try layer.outputShapes(for: shapes) }
    return shapes
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    var (sublayers, shapes): ([Sublayer], [SymbolicShape]) = ([], inputs)
    var counts: [String: Int] = [:]
    for (name, layer) in zip(names, layers) {
      let group = snakeCase(layer.className)
      let number = counts[group, default: 0]
      counts[group] = number + 1
      sublayers.append(
        Sublayer(name, path: "layers/" + (number == 0 ? group : "\(group)_\(number)"), layer, inputs: shapes))
      shapes = try layer.outputShapes(for: shapes)
    }
    return sublayers
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    var values = call.inputs
    for (name, layer) in zip(names, layers) {
      values = try graph.lower(layer, named: name, call.inner(name, inputs: values))
    }
    return values
  }
}
