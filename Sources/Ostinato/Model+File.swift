import OstinatoFormats
import OstinatoLayers
import OstinatoTensors

extension Model {
  /// Reads a model from a `.keras` file, or from the directory that such a file unpacks to.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - options: limits on what a file may ask for.
  ///   - executionOptions: how the model runs.
  /// - Throws: `ModelError` that names the file and member, or the layer's path: an unknown class, an argument that is
  ///   wrong, a weight that is missing or of another shape than the layer's.
  public init(
    contentsOf path: String, options: LoadOptions = LoadOptions(),
    executionOptions: ExecutionOptions = ExecutionOptions()
  ) throws {
    let archive = try KerasArchive(path: path, options: options)
    let config = try JSONValue(parsing: archive.config, name: "\(archive.name)/config.json")
    do throws(ModelError) {
      let layer = try DecodingContext(kerasMajorVersion: 3).layer(from: config)
      try self.init(layer, archive, executionOptions)
    } catch {
      throw ModelError(error.code, "\(path): \(error.subject)", error.message)
    }
  }

  private init(
    _ root: any Layer, _ archive: KerasArchive, _ executionOptions: ExecutionOptions
  ) throws(ModelError) {
    let network =
      switch root {
      case let model as SequentialNetwork: model.network
      case let model as FunctionalNetwork: model.network
      default:
        throw ModelError(.malformedConfig, "", "expected a Sequential or Functional model. Received: \(root.className)")
      }
    try self.init(
      root: root, network: network, name: root.name ?? "model", executionOptions: executionOptions
    ) { slot throws(ModelError) in
      try slot.variable.place.isAsset ? slot.readAsset(of: archive) : slot.read(from: archive.weights)
    }
  }
}

extension WeightSlot {
  /// The weight as the file has it.
  fileprivate func read(from source: any WeightSource) throws(ModelError) -> Tensor {
    let path = filePath + variable.place.path(index: index)
    guard source.contains(path) else {
      throw ModelError(
        .missingWeight, subject,
        "expected weight `\(variable.name)` of shape \(variable.shape) at \(path). Received: nothing there")
    }
    let tensor = try source.tensor(at: path)
    guard variable.shape.admits(tensor.shape) else {
      throw ModelError(
        .shapeMismatch, subject,
        "expected weight `\(variable.name)` of shape \(variable.shape). Received: \(tensor.shape) at \(path)")
    }
    return tensor
  }
}
