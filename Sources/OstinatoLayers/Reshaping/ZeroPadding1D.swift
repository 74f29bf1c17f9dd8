import OstinatoTensors

/// Zeros around a sequence.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, steps′, channels)`.
/// - Lowering: one padded copy.
/// - Reference: `keras/src/layers/reshaping/zero_padding1d.py`.
public struct ZeroPadding1D: BorderLayer {
  public static let className = "ZeroPadding1D"
  public static let rank = 1
  public static let borderKey = "padding"
  public static let addsBorders = true
  public var options: LayerOptions
  public let borders: [Border]
  public let dataFormat: DataFormat

  /// - Parameter padding: cells before and after.
  public init(_ padding: (Int, Int) = (1, 1), dataFormat: DataFormat = .channelsLast, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.borders = [Border(before: padding.0, after: padding.1)]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.borders = try config.borders(Self.borderKey, rank: Self.rank, default: 1)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }
}
