/// Names of layers as Keras numbers them in a weights file: `gru_cell`, `gru_cell_1`.
struct NumberedNames {
  private var counts: [String: Int] = [:]

  /// The next name for a layer of this class.
  mutating func next(for layer: any Layer) -> String {
    let stem = snakeCase(layer.pythonName)
    let number = counts[stem, default: 0]
    counts[stem] = number + 1
    return number == 0 ? stem : "\(stem)_\(number)"
  }
}
