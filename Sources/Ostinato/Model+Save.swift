#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import OstinatoFormats
import OstinatoLayers
import OstinatoTensors

extension Model {
  /// Writes the model to a `.keras` file, which Keras 3 opens with the same predictions.
  ///
  /// A temporary file is written first and then renamed.
  /// - Throws: `ModelError.Code.malformedConfig` for what Keras cannot express, such as a function in Swift;
  ///   `.fileAccess` when the file cannot be written, and an old file is then as it was.
  public func save(to path: String) throws {
    guard let weights, let inputs = network.declaredInputs else {
      throw ModelError(.shapeMismatch, name, "expected a model that begins with Input(shape:); it has no weights")
    }
    var layer = root
    // The model's own name, not that of its layer, which may have none.
    layer.options.name = .some(name)
    let config = JSONValue(layer)
    if let what = config.inexpressible {
      throw ModelError(.malformedConfig, name, "expected what Keras 3 has a name for. Received: \(what)")
    }
    var members = SavedWeights()
    try members.add(LayerPlace(path: [], place: Sublayer("", path: "", root, inputs: inputs), weights: weights))
    try KerasArchive.write(
      config: Array(try Self.pythonText(config).utf8), metadata: Array(Self.metadata.utf8), weights: members.writer,
      assets: members.assets, to: path)
  }

  /// JSON as Python writes it, which has words for numbers without an end and for none.
  private static func pythonText(_ config: JSONValue) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let words = ["Infinity", "-Infinity", "NaN"].map { "ostinato:\($0)" }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: words[0], negativeInfinity: words[1], nan: words[2])
    let text = String(decoding: try encoder.encode(config), as: UTF8.self)
    return words.reduce(text) { $0.replacing("\"\($1)\"", with: $1.dropFirst("ostinato:".count)) }
  }

  /// The Keras whose form the file has.
  private static let metadata = #"{"keras_version": "3.15.1"}"#
}

/// Weights and assets at the paths where Keras looks for them.
private struct SavedWeights {
  var writer = HDF5Writer()
  var assets: [String: [UInt8]] = [:]

  /// Adds a layer's weights; those of a TextVectorization also where Keras has the lookup inside it.
  mutating func add(_ layer: LayerPlace, at path: String = "") throws {
    try addOwn(layer, at: path)
    if layer.place.layer is TextVectorization { try addOwn(layer, at: path + "/_lookup_layer") }
    for inner in try layer.inner() {
      try add(inner, at: path.isEmpty ? inner.place.path : "\(path)/\(inner.place.path)")
    }
  }

  private mutating func addOwn(_ layer: LayerPlace, at path: String) throws {
    let variables = try layer.place.layer.variables(for: layer.place.inputs)
    for (index, (variable, tensor)) in zip(variables, layer.weights.variables).enumerated() {
      switch variable.place {
      case .numbered: writer.add(tensor, at: "\(path)/vars/\(index)")
      case .named(let name): writer.add(tensor, at: "\(path)/vars/\(name)")
      case .copy(let inner): writer.add(layer.weights[inner].variables.first ?? tensor, at: "\(path)/vars/\(index)")
      case .asset(let name, _): assets["\(path)/\(name)"] = tensor.lines
      }
    }
  }
}

extension Tensor {
  /// The elements as a text, one a line.
  fileprivate var lines: [UInt8] {
    let elements = dataType == .string ? strings : int32s.map(String.init)
    return Array(elements.joined(separator: "\n").utf8)
  }
}
