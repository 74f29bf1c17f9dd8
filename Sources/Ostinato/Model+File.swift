import OstinatoFormats
import OstinatoLayers
import OstinatoRuntime
import OstinatoTensors

extension Model {
  /// Reads a model from a `.keras` file, from the folder that such a file unpacks to, or from an HDF5 file by Keras 1, 2
  /// or 3. What the file is, is decided by its content.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - options: limits on what a file may ask for.
  ///   - executionOptions: how the model runs.
  ///   - registry: the layers that the file may name: Keras' own, and yours by ``LayerRegistry/adding(_:)``.
  /// - Throws: `ModelError` that names the file and member, or the layer's path: an unknown class, an argument that is
  ///   wrong, a weight that is missing or of another shape than the layer's.
  public init(
    contentsOf path: String, options: LoadOptions = LoadOptions(),
    executionOptions: ExecutionOptions = ExecutionOptions(), registry: LayerRegistry = .keras
  ) throws {
    let file = try ModelFile(path: path, options: options)
    do throws(ModelError) {
      self = try executionOptions.pool.verifying(file.weights) { () throws(ModelError) in
        let context = DecodingContext(registry: registry, kerasMajorVersion: file.kerasMajorVersion)
        return try Model(context.layer(from: file.model), file.weights, executionOptions)
      }
      optimizerParameterCount = file.optimizerParameterCount
    } catch {
      throw error.inFile(path)
    }
  }

  /// A model of `layer`, a Sequential or Functional one, with the weights that `weights` gives.
  package init(
    _ layer: any Layer, _ weights: any WeightReader, _ executionOptions: ExecutionOptions
  ) throws(ModelError) {
    let root: any Layer
    let network: Network
    switch layer {
    case let chain as SequentialNetwork:
      let chain = try chain.withInputShape()
      (root, network) = (chain, chain.network)
    case let model as FunctionalNetwork:
      (root, network) = (model, model.network)
    default:
      throw ModelError(.malformedConfig, "", "expected a Sequential or Functional model. Received: \(layer.className)")
    }
    try self.init(
      root: root, network: network, name: root.name ?? "model", executionOptions: executionOptions
    ) { place throws(ModelError) in try weights.weights(for: place) }
    guard self.weights != nil else {
      throw ModelError(.malformedConfig, name, "expected inputs that are InputLayers with `batch_shape`")
    }
  }

  /// Replaces the weights by those of a file: a `.weights.h5`, `.weights.json` or `.npz` by Keras 3, an HDF5 file of weights or of a whole
  /// model by any Keras, or a `.keras` file.
  ///
  /// - Parameters:
  ///   - path: the file. Its layers are those of this model, in the same order.
  ///   - byName: whether layers are matched by name; those that the file has not keep their weights. Only HDF5 files of
  ///     the kind that Keras 1 and 2 wrote have names.
  /// - Throws: `ModelError` that names the file and the layer; the weights are then as they were.
  public mutating func loadWeights(
    contentsOf path: String, byName: Bool = false, options: LoadOptions = LoadOptions()
  ) throws {
    guard var all = weights, let inputs = network.declaredInputs else {
      throw ModelError(.shapeMismatch, name, "expected a model that begins with Input(shape:)")
    }
    let place = Sublayer("", path: "", root, inputs: inputs)
    let file = try WeightsFile(path: path, options: options)
    do throws(ModelError) {
      if byName {
        all.children.merge(try file.weightsByName(for: place).children) { $1 }
      } else {
        all = try executionOptions.pool.verifying(file.reader) { () throws(ModelError) in
          try file.reader.weights(for: place)
        }
      }
    } catch {
      throw error.inFile(path)
    }
    replaceWeights(all)
  }
}

extension ThreadPool {
  /// What `read` makes of the weights in a file, which another thread compares with its checksums meanwhile.
  fileprivate func verifying<Content: Sendable>(
    _ weights: any WeightReader, _ read: @escaping @Sendable () throws(ModelError) -> Content
  ) throws(ModelError) -> Content {
    let (content, verification) = both(read) { () throws(ModelError) in try weights.verify() }
    // Of what is damaged a part may well look like another mistake.
    try verification.get()
    return try content.get()
  }
}

extension ModelError {
  /// The failure with the file in front, unless it is there.
  fileprivate func inFile(_ path: String) -> ModelError {
    if subject == path || subject.hasPrefix(path + "/") { return self }
    return ModelError(code, subject.isEmpty ? path : "\(path): \(subject)", message)
  }
}
