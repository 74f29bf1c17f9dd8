import OstinatoTensors

/// What a stateful layer starts a run from and leaves behind for the next one.
struct StateSlot: Sendable {
  /// The path of the layer.
  let layer: String
  /// Whether the values before the first step are inputs of the program, and those after the last its outputs.
  var isKept: Bool
  /// The newest values.
  var values: [Value]
}

extension GraphBuilder {
  /// The states that the layer being lowered left behind: earlier in this run, or else in the run before. None where
  /// it starts from zeros.
  package mutating func keptStates(of types: [ValueType]) -> [Value] {
    if let slot = stateSlots.first(where: { $0.layer == layerPath }) { return slot.values }
    guard keepsStates else { return [] }
    let values = types.map { input($0) }
    stateSlots.append(StateSlot(layer: layerPath, isKept: true, values: values))
    return values
  }

  /// Leaves `values` behind for the next use of the layer being lowered.
  package mutating func keepStates(_ values: [Value]) {
    if let slot = stateSlots.firstIndex(where: { $0.layer == layerPath }) {
      stateSlots[slot].values = values
    } else {
      stateSlots.append(StateSlot(layer: layerPath, isKept: false, values: values))
    }
  }
}
