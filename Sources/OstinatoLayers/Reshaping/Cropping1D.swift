import OstinatoTensors

/// Cells taken away at both ends of a sequence.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, steps′, channels)`.
/// - Lowering: one strided copy.
/// - Reference: `keras/src/layers/reshaping/cropping1d.py`.
public struct Cropping1D: BorderLayer {
  public static let className = "Cropping1D"
  public static let rank = 1
  public static let borderKey = "cropping"
  public static let addsBorders = false
  public var options: LayerOptions
  public let borders: [Border]
  public let dataFormat = DataFormat.channelsLast

  /// - Parameter cropping: cells before and after.
  public init(_ cropping: (Int, Int) = (1, 1), name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.borders = [Border(before: cropping.0, after: cropping.1)]
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.borders = try config.borders(Self.borderKey, rank: Self.rank, default: 1)
  }

  public var config: [String: JSONValue] { ["cropping": JSONValue([borders[0].before, borders[0].after])] }
}
