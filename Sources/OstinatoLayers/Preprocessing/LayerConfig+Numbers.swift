import OstinatoTensors

extension LayerConfig {
  /// A list of numbers, nested or not, flattened; nil when it is absent. A single number is a list of one.
  func optionalFloats(_ key: String) throws(ModelError) -> [Float]? {
    guard let value = self[key] else { return nil }
    guard let numbers = value.flattened?.compactMap(\.double), numbers.count == value.flattened?.count else {
      throw failure(key, expected: "numbers")
    }
    return numbers.map { Float($0) }
  }
}

extension JSONValue {
  /// The scalars of nested lists or of a NumPy array as Keras writes it, in order; nil for another object.
  var flattened: [JSONValue]? {
    if self["class_name"]?.string == "__numpy__" { return self["config"]?["value"]?.flattened }
    guard let array else { return object == nil ? [self] : nil }
    let parts = array.map(\.flattened)
    return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
  }

  /// How many elements the lists at each depth have, by the first of them.
  var nesting: [Int]? {
    if self["class_name"]?.string == "__numpy__" { return self["config"]?["value"]?.nesting }
    guard let array else { return [] }
    return array.first?.nesting.map { [array.count] + $0 }
  }

  /// Numbers as nested lists.
  /// - Parameter nesting: the extents of the inner lists.
  init(_ numbers: ArraySlice<Float>, nesting: ArraySlice<Int>) {
    guard !nesting.isEmpty else {
      self = .array(numbers.map { .double(Double($0)) })
      return
    }
    let stride = max(nesting.reduce(1, *), 1)
    self = .array(
      Swift.stride(from: numbers.startIndex, to: numbers.endIndex, by: stride).map { start in
        JSONValue(numbers[start..<min(start + stride, numbers.endIndex)], nesting: nesting.dropFirst())
      })
  }
}
