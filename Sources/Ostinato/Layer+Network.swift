import OstinatoLayers

extension Layer {
  /// The layers inside and their calls, where this is a model.
  var nestedNetwork: Network? {
    switch self {
    case let model as Model: model.network
    case let model as SequentialNetwork: model.network
    case let model as FunctionalNetwork: model.network
    default: nil
    }
  }
}
