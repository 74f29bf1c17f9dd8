import OstinatoGraph
import OstinatoTensors

/// Where the channels are among a tensor's axes.
public enum DataFormat: String, Sendable, CaseIterable {
  /// `(batch, spatial…, channels)`.
  case channelsLast = "channels_last"
  /// `(batch, channels, spatial…)`.
  case channelsFirst = "channels_first"

  /// What the axes are called, for errors: `(batch, height, width, channels)`.
  func axisNames(rank: Int) -> String {
    let spatial = rank == 1 ? ["steps"] : ["depth", "height", "width"].suffix(rank)
    let names = self == .channelsLast ? spatial + ["channels"] : ["channels"] + spatial
    return "(batch, \(names.joined(separator: ", ")))"
  }

  /// `shape` with the channels last.
  func channelsLast(_ shape: SymbolicShape) -> SymbolicShape {
    guard self == .channelsFirst, shape.rank > 2 else { return shape }
    return SymbolicShape([shape[0]] + shape.dimensions[2...] + [shape[1]])
  }

  /// A shape with the channels last in this format.
  func fromChannelsLast(_ shape: SymbolicShape) -> SymbolicShape {
    guard self == .channelsFirst, shape.rank > 2 else { return shape }
    return SymbolicShape([shape[0], shape[-1]] + shape.dimensions[1..<shape.rank - 1])
  }
}

extension GraphBuilder {
  /// Runs `body` on `x` with the channels last, and brings its result back to `format`.
  package mutating func withChannelsLast(
    _ x: Value, _ format: DataFormat, _ body: (Value, inout GraphBuilder) throws(ModelError) -> Value
  ) throws(ModelError) -> Value {
    guard format == .channelsFirst else { return try body(x, &self) }
    let rank = x.shape.rank
    let y = try body(try transpose(x, [0] + Array(2..<rank) + [1]), &self)
    guard y.shape.rank > 2 else { return y }
    return try transpose(y, [0, y.shape.rank - 1] + Array(1..<y.shape.rank - 1))
  }
}
