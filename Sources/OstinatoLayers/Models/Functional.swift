import OstinatoGraph
import OstinatoTensors

/// A model of layer calls between inputs and outputs, as Keras' functional API makes it.
///
/// Source: `keras/src/models/functional.py`.
package struct FunctionalNetwork: Layer {
  package static let className = "Functional"
  package var options: LayerOptions
  package let network: Network

  package init(_ network: Network, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.network = network
  }

  package init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.network = try Network(functional: config)
  }

  package func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try network.outputShapes(for: inputs)
  }

  package func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    try network.sublayers(for: inputs)
  }

  package func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    try network.lower(call, into: &graph)
  }
}
