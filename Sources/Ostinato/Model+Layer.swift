import OstinatoGraph
import OstinatoLayers
import OstinatoTensors

/// A model as a layer of another: it brings its weights along.
extension Model: Layer {
  public static var className: String { "Functional" }
  public var className: String { root.className }

  public var options: LayerOptions {
    get { root.options }
    set { root.options = newValue }
  }

  public init(config: LayerConfig) throws(ModelError) {
    throw ModelError(.malformedConfig, config.subject, "expected a model to be read with Model(contentsOf:)")
  }

  public var config: [String: JSONValue] { root.config }
  public var presetWeights: LayerWeights? { weights }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try root.outputShapes(for: inputs)
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    try root.sublayers(for: inputs)
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    try root.lower(call, into: &graph)
  }
}
