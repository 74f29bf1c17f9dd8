extension Tensor: CustomStringConvertible {
  /// Shape and type, then the elements in nested brackets; of a long axis only the first and last three.
  public var description: String {
    let values =
      switch dataType {
      case .float32: floats.map { "\($0)" }
      case .int32: int32s.map { "\($0)" }
      case .string: strings.map { "\"\($0)\"" }
      }
    return "Tensor\(shape) \(dataType.rawValue)\n" + Self.describe(values[...], shape[...], indent: 0)
  }

  private static let edge = 3

  private static func describe(_ values: ArraySlice<String>, _ shape: Slice<Shape>, indent: Int) -> String {
    guard let extent = shape.first else { return values.first ?? "" }
    let inner = shape.dropFirst()
    let stride = inner.reduce(1, *)
    let shown = extent <= 2 * edge ? Array(0..<extent) : Array(0..<edge) + Array(extent - edge..<extent)
    var parts = shown.map { row in
      let start = values.startIndex + row * stride
      return describe(values[start..<start + stride], inner, indent: indent + 1)
    }
    if shown.count < extent { parts.insert("…", at: edge) }
    let separator = inner.isEmpty ? ", " : ",\n" + String(repeating: " ", count: indent + 1)
    return "[" + parts.joined(separator: separator) + "]"
  }
}
