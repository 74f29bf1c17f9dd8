import OstinatoLayers
import OstinatoTensors

extension WeightSlot {
  /// The lines of the asset that holds the weight; nil for a weight that is no asset. As in Keras, empty lines at the end
  /// do not count.
  func readAsset(of archive: KerasArchive?) throws(ModelError) -> Tensor? {
    guard case .asset(let name, let dataType) = variable.place else { return nil }
    let path = "\(filePath)/\(name)"
    guard let archive, try archive.assetNames().contains(path) else {
      throw ModelError(
        .missingWeight, subject, "expected `\(variable.name)` in the config or in assets/\(path). Received: neither")
    }
    let text = String(decoding: try archive.asset(path), as: UTF8.self)
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    while lines.last == "" { lines.removeLast() }
    guard dataType == .int32 else { return Tensor(lines) }
    let numbers = lines.compactMap(Int32.init)
    guard numbers.count == lines.count else {
      throw ModelError(
        .malformedFile, subject, "expected a whole number of 32 bits in each line of assets/\(path)")
    }
    return Tensor(numbers)
  }
}
