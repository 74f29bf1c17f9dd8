import OstinatoGraph
import OstinatoTensors

/// Cells at both ends of an axis.
public struct Border: Sendable, Hashable {
  public let before: Int
  public let after: Int

  /// `before` cells at the start and `after` at the end.
  public init(before: Int, after: Int) {
    self.before = before
    self.after = after
  }
}

/// What the zero-padding and cropping layers have in common: cells at both ends of each spatial axis that come or go.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, spatial′…, channels)`, or both with the channels first.
/// - Reference: `keras/src/layers/reshaping/zero_padding2d.py`, `keras/src/layers/reshaping/cropping2d.py`.
public protocol BorderLayer: SpatialLayer {
  /// Keras' name of the argument: `padding` or `cropping`.
  static var borderKey: String { get }
  /// Whether the layer adds its borders rather than taking them away.
  static var addsBorders: Bool { get }
  /// One entry per spatial axis.
  var borders: [Border] { get }
}

extension BorderLayer {
  public var config: [String: JSONValue] {
    let pairs = borders.map { JSONValue([$0.before, $0.after]) }
    return [
      Self.borderKey: Self.rank == 1 ? pairs[0] : .array(pairs), "data_format": .string(dataFormat.rawValue),
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs) { input throws(ModelError) in
      var output: [Int?] = []
      for (extent, border) in zip(input, borders) {
        let cells = border.before + border.after
        if let extent, !Self.addsBorders, cells >= extent {
          throw mismatch("more than \(cells) cells along each cropped axis", inputs[0])
        }
        output.append(extent.map { Self.addsBorders ? $0 + cells : $0 - cells })
      }
      return output
    }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    _ = try outputExtents(for: call)
    var (before, after) = ([Int](repeating: 0, count: Self.rank + 2), [Int](repeating: 0, count: Self.rank + 2))
    for (axis, border) in zip(spatialAxes, borders) { (before[axis], after[axis]) = (border.before, border.after) }
    return [
      Self.addsBorders
        ? try graph.pad(call.input, before: before, after: after)
        : try graph.crop(call.input, before: before, after: after)
    ]
  }
}

extension LayerConfig {
  /// Cells at both ends of `rank` axes: one number for all of them, or per axis a number or a pair.
  func borders(_ key: String, rank: Int, default fallback: Int) throws(ModelError) -> [Border] {
    let value = self[key] ?? .int(fallback)
    if value.int != nil { return [Border](repeating: try border(value, key), count: rank) }
    if rank == 1, let pair = try? border(value, key) { return [pair] }
    guard let axes = value.array, axes.count == rank else {
      throw failure(key, expected: "a number or \(rank) pairs of numbers")
    }
    return try axes.map { axis throws(ModelError) in try border(axis, key) }
  }

  private func border(_ value: JSONValue, _ key: String) throws(ModelError) -> Border {
    let cells = value.int.map { [$0, $0] } ?? value.array?.compactMap(\.int) ?? []
    guard cells.count == 2, cells.allSatisfy({ (0...Self.largestExtent).contains($0) }) else {
      throw failure(key, expected: "numbers of cells that are not negative")
    }
    return Border(before: cells[0], after: cells[1])
  }
}
