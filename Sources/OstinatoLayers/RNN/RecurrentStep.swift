import OstinatoGraph
import OstinatoTensors

extension GraphBuilder {
  /// A cell on its own: one step `(batch, features)` with states `(batch, units)` gives the output and the new states.
  mutating func lowerStep(_ cell: some RecurrentCellLayer, _ call: LayerCall) throws(ModelError) -> [Value] {
    throw ModelError(.unsupportedLayer, "", "expected a cell inside a recurrent layer. Received: a cell on its own")
  }
}
