import OstinatoFormats
import OstinatoLayers
import OstinatoTensors

extension Variable.Place {
  var isAsset: Bool { if case .asset = self { true } else { false } }

  /// Below the path of the layer, for the weight of number `index`.
  func path(index: Int) -> String {
    switch self {
    case .numbered: "/vars/\(index)"
    case .named(let name): "/vars/\(name)"
    case .asset(let name, _): "/\(name)"
    }
  }
}

extension WeightSlot {
  /// The lines of the asset that holds the weight. As in Keras, empty lines at the end do not count.
  func readAsset(of archive: KerasArchive) throws(ModelError) -> Tensor {
    let path = filePath + variable.place.path(index: index)
    guard try archive.assetNames().contains(path) else {
      throw ModelError(
        .missingWeight, subject, "expected `\(variable.name)` in the config or in assets/\(path). Received: neither")
    }
    let text = String(decoding: try archive.asset(path), as: UTF8.self)
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    while lines.last == "" { lines.removeLast() }
    guard case .asset(_, .int32) = variable.place else { return Tensor(lines) }
    let numbers = lines.compactMap(Int32.init)
    guard numbers.count == lines.count else {
      throw ModelError(
        .malformedFile, subject, "expected a whole number of 32 bits in each line of assets/\(path)")
    }
    return Tensor(numbers)
  }
}
