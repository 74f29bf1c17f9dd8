import OstinatoLayers
import OstinatoTensors

/// Gives a model its weights from a file.
package protocol WeightReader: Sendable {
  /// The weights of the model `root`.
  /// - Throws: `ModelError` that names the layer: a weight that is missing, too many, or of another shape.
  func weights(for root: Sublayer) throws(ModelError) -> LayerWeights

  /// Compares the file with its checksums, where it has some; ``weights(for:)`` does not, and can be called meanwhile.
  /// - Throws: `ModelError.Code.malformedFile` when they differ.
  func verify() throws(ModelError)
}

/// Weights at paths that follow from the layers' classes: `layers/dense_1/vars/0`.
///
/// Source: `keras/src/saving/saving_lib.py`.
package struct PathWeights: WeightReader {
  private let source: any WeightSource
  /// The archive that has the assets; nil for a file of weights alone.
  private let archive: KerasArchive?

  package init(_ source: any WeightSource, archive: KerasArchive? = nil) {
    self.source = source
    self.archive = archive
  }

  package func verify() throws(ModelError) { try source.verify() }

  package func weights(for root: Sublayer) throws(ModelError) -> LayerWeights {
    var owners: [String: String] = [:]
    let weights = try LayerWeights(for: root, keepsPresets: false) { slot throws(ModelError) in
      if let asset = try slot.readAsset(of: archive) { return asset }
      let group = try group(of: slot)
      if let weight = try rounded(slot, in: group, claim: { owners["\(group)/\($0)"] = slot.subject }) {
        return weight
      }
      let path = "\(group)/\(slot.fileName)"
      owners[path] = slot.subject
      return try slot.checked(try tensor(for: slot, at: path))
    }
    try refuseUnclaimed(owners)
    return weights
  }

  /// More than any layer has itself.
  private static let mostArrays = 64

  /// What a quantised weight stands for; nil for one that is as its layer declares it.
  private func rounded(
    _ slot: WeightSlot, in group: String, claim: (Int) -> Void
  ) throws(ModelError) -> Tensor? {
    // A damaged group seems to hold everything.
    lazy var count = (0..<Self.mostArrays).first { !source.contains("\(group)/\($0)") } ?? Self.mostArrays
    func array(_ number: Int) throws(ModelError) -> Tensor {
      claim(number)
      return try source.tensor(at: "\(group)/\(number)")
    }
    if let weight = Float8Weight(slot, arrayCount: count) {
      for number in weight.statistics { claim(number) }
      return weight.rounded(try slot.checked(try array(slot.index)), scale: try array(weight.scale))
    }
    guard let weight = QuantizedWeight(slot, arrayCount: count), count > weight.places.scale else { return nil }
    let places = weight.places
    let numbers = try array(places.numbers)
    guard numbers.dataType == .int32 else {
      if places.scale > 1, try source.tensor(at: "\(group)/1").dataType == .int32 { throw slot.unsupportedRounding }
      return nil
    }
    guard let zeros = places.zeros, let blocks = places.blocks else {
      return try weight.floats(numbers, scale: try array(places.scale), blocks: nil)
    }
    return try weight.floats(
      numbers, scale: try array(places.scale), blocks: (try array(zeros), try array(blocks)))
  }

  private func tensor(for slot: WeightSlot, at path: String) throws(ModelError) -> Tensor {
    guard source.contains(path) else {
      throw ModelError(
        .missingWeight, slot.subject,
        "expected weight `\(slot.variable.name)` of shape \(slot.variable.shape) at \(path). Received: nothing there")
    }
    return try source.tensor(at: path)
  }

  // MARK: Names that changed

  /// The group of a layer's own weights.
  ///
  /// Keras has renamed attributes since it began to write such files: some had an underscore in front, and the layers
  /// of a model were `_layer_checkpoint_dependencies`.
  private func group(of slot: WeightSlot) throws(ModelError) -> String {
    let today = "\(slot.filePath)/vars"
    if source.contains(today) { return today }
    var path = ""
    for part in slot.filePath.split(separator: "/").map(String.init) + ["vars"] {
      let prefix = path.isEmpty ? "" : path + "/"
      let other = part.hasPrefix("_") ? String(part.dropFirst()) : "_" + part
      let names = [part, other] + (part == "layers" ? ["_layer_checkpoint_dependencies"] : [])
      guard let name = names.first(where: { source.contains(prefix + $0) }) else { return today }
      path = prefix + name
    }
    return path
  }

  // MARK: Weights that nobody asked for

  /// - Throws: when a layer has more weights in the file than it declares, or the file has a layer that the model has
  ///   not.
  private func refuseUnclaimed(_ owners: [String: String]) throws(ModelError) {
    let paths = try source.datasetPaths(under: "").map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
    for path in paths where owners[path] == nil && isWeight(path) {
      let tensor = try source.tensor(at: path)
      // A count of batches seen, which a layer keeps for training.
      if tensor.dataType == .int32, tensor.shape.rank == 0 { continue }
      let group = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
      let owner = owners.first { $0.key.hasPrefix(group + "/") }?.value
      throw ModelError(
        .shapeMismatch, owner ?? String(group),
        "expected no weights but those that the model's layers declare. Received: one more of shape \(tensor.shape) at "
          + path)
    }
  }

  /// Whether `path` is a numbered weight of a layer, and not of what only training needs or of a TextVectorization's copy.
  private func isWeight(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    return parts.last.flatMap { Int($0) } != nil && ["layers", "_layer_checkpoint_dependencies"].contains(parts.first)
      && !parts.contains { ["seed_generator", "_random_generator", "optimizer", "_lookup_layer"].contains($0) }
  }
}

extension WeightSlot {
  /// What the weight is called in the group of its layer.
  fileprivate var fileName: String {
    if case .named(let name) = variable.place { name } else { "\(index)" }
  }

  /// Keras 3.15 leaves the zero points of such kernels out of its files, and cannot read them either.
  fileprivate var unsupportedRounding: ModelError {
    ModelError(
      .unsupportedLayer, subject,
      "expected weights as they are, or quantised by int8, int4 or float8. Received: a kernel quantised by GPTQ or AWQ")
  }

  /// A tensor from a file, if it has the shape that the layer declares.
  func checked(_ tensor: Tensor) throws(ModelError) -> Tensor {
    guard variable.shape.admits(tensor.shape) else {
      throw ModelError(
        .shapeMismatch, subject,
        "expected weight `\(variable.name)` of shape \(variable.shape). Received: \(tensor.shape)")
    }
    return tensor
  }
}
