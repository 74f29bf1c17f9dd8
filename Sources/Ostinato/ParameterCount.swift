import OstinatoLayers
import OstinatoTensors

/// How many numbers the weights of a layer or model hold.
public struct ParameterCount: Sendable, Hashable {
  /// Those that training would change.
  public var trainable = 0
  /// Those that it would not: statistics, and the weights of layers that are not trainable.
  public var nonTrainable = 0

  /// All of them.
  public var total: Int { trainable + nonTrainable }
}

extension Model {
  /// The parameters of the whole model; none as long as its weights do not exist.
  public var parameterCount: ParameterCount {
    guard let rootPlace else { return ParameterCount() }
    return rootPlace.parameterCount(isTrainable: true)
  }

  /// The model itself as a place; nil as long as the shapes of its inputs are not known.
  var rootPlace: LayerPlace? {
    guard let weights, let inputs = network.declaredInputs else { return nil }
    return LayerPlace(path: [], place: Sublayer("", path: "", root, inputs: inputs), weights: weights)
  }
}

extension LayerPlace {
  /// The parameters of the layer and of those inside it.
  /// - Parameter isTrainable: whether all layers around it are trainable.
  func parameterCount(isTrainable: Bool) -> ParameterCount {
    let isTrainable = isTrainable && place.layer.options.trainable
    var count = ParameterCount()
    let variables = (try? place.layer.variables(for: place.inputs)) ?? []
    for (variable, tensor) in zip(variables, weights.variables) {
      if isTrainable && variable.trainable {
        count.trainable += tensor.shape.elementCount
      } else {
        count.nonTrainable += tensor.shape.elementCount
      }
    }
    for inner in (try? inner()) ?? [] {
      let innerCount = inner.parameterCount(isTrainable: isTrainable)
      count.trainable += innerCount.trainable
      count.nonTrainable += innerCount.nonTrainable
    }
    return count
  }
}
