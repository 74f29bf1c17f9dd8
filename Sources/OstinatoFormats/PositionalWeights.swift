import OstinatoLayers
import OstinatoTensors

/// Weights in an HDF5 file of the old kind: a group per layer, in the model's order, with a list of arrays.
///
/// The arrays of a layer are its trainable weights followed by the others; a nested model is one layer. Source:
/// `keras/src/legacy/saving/legacy_h5_format.py`, and `tf_keras/src/saving/legacy/hdf5_format.py` for older layouts.
package struct PositionalWeights: WeightReader {
  /// The arrays of one layer.
  private struct Group {
    let name: String
    let paths: [String]
  }

  private let file: HDF5File
  private let root: String
  private let kerasMajorVersion: Int

  /// - Parameter group: the group that has `layer_names`.
  package init(_ file: HDF5File, group: String, kerasMajorVersion: Int) {
    self.file = file
    self.root = group
    self.kerasMajorVersion = kerasMajorVersion
  }

  package func verify() throws(ModelError) { try file.verify() }

  package func weights(for root: Sublayer) throws(ModelError) -> LayerWeights {
    let groups = try groups()
    let places = try weightedPlaces(in: root)
    guard groups.count == places.count else {
      throw ModelError(
        places.count > groups.count ? .missingWeight : .shapeMismatch, "\(file.name)/\(self.root)",
        "expected weights of \(places.count) layers \(places.map(\.name)). "
          + "Received: \(groups.count) layers \(groups.map(\.name))")
    }
    var weights = LayerWeights()
    for (place, group) in zip(places, groups) { weights.children[place.name] = try self.weights(of: place, group) }
    return weights
  }

  /// The weights of the layers that the file has by name, without those of the others.
  package func weightsByName(for root: Sublayer) throws(ModelError) -> LayerWeights {
    let groups = Dictionary(try groups().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var weights = LayerWeights()
    for place in try weightedPlaces(in: root) {
      if let group = groups[place.name] { weights.children[place.name] = try self.weights(of: place, group) }
    }
    return weights
  }

  // MARK: Groups

  /// The groups that have arrays, in the model's order.
  private func groups() throws(ModelError) -> [Group] {
    guard file.contains(root),
      let names = try file.stringArrayAttribute("layer_names", of: root.isEmpty ? "/" : root)
    else {
      throw ModelError(
        .malformedFile, "\(file.name)/\(root)", "expected a group with attribute layer_names. Received: none")
    }
    var groups: [Group] = []
    for name in names {
      let path = root.isEmpty ? name : "\(root)/\(name)"
      let weightNames = try file.stringArrayAttribute("weight_names", of: path) ?? []
      if !weightNames.isEmpty { groups.append(Group(name: name, paths: weightNames.map { "\(path)/\($0)" })) }
    }
    return groups
  }

  private func weightedPlaces(in root: Sublayer) throws(ModelError) -> [Sublayer] {
    var places: [Sublayer] = []
    for place in try root.layer.sublayers(for: root.inputs) where try !Self.slots(of: place).isEmpty {
      places.append(place)
    }
    return places
  }

  // MARK: One layer

  private func weights(of place: Sublayer, _ group: Group) throws(ModelError) -> LayerWeights {
    let slots = try Self.slots(of: place)
    var arrays: [Tensor] = []
    for path in group.paths { arrays.append(try file.tensor(at: path)) }
    let layout = LegacyLayout(
      kerasMajorVersion: kerasMajorVersion, flipsKernels: try file.stringAttribute("backend", of: "/") == "theano")
    let tensors = try layout.tensors(for: slots, from: arrays, group: group.name)
    let bySlot = Dictionary(uniqueKeysWithValues: zip(slots.map(SlotKey.init), tensors))
    return try LayerWeights(for: place, keepsPresets: false) { slot throws(ModelError) in
      if slot.isCopy { return Tensor(zeros: slot.variable.shape.known ?? []) }
      return try slot.checked(bySlot[SlotKey(slot)] ?? Tensor(zeros: []))
    }
  }

  /// The weights of a layer in the order of the file.
  private static func slots(of place: Sublayer) throws(ModelError) -> [WeightSlot] {
    var slots: [WeightSlot] = []
    _ = try LayerWeights(for: place, keepsPresets: false) { slot in
      if !slot.isCopy { slots.append(slot) }
      return Tensor(zeros: [])
    }
    return slots.filter(\.trainable) + slots.filter { !$0.trainable }
  }
}

extension WeightSlot {
  /// Whether the file has the weight once, with the layer inside.
  fileprivate var isCopy: Bool { if case .copy = variable.place { true } else { false } }
}

/// A weight's place in a model.
private struct SlotKey: Hashable {
  let filePath: String
  let index: Int

  init(_ slot: WeightSlot) {
    filePath = slot.filePath
    index = slot.index
  }
}
