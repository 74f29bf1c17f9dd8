import OstinatoTensors

/// Zeros around an image.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, height′, width′, channels)`.
/// - Lowering: one padded copy.
/// - Reference: `keras/src/layers/reshaping/zero_padding2d.py`.
public struct ZeroPadding2D: BorderLayer {
  public static let className = "ZeroPadding2D"
  public static let rank = 2
  public static let borderKey = "padding"
  public static let addsBorders = true
  public var options: LayerOptions
  public let borders: [Border]
  public let dataFormat: DataFormat

  /// - Parameter padding: cells before and after, along each axis.
  public init(
    _ padding: ((Int, Int), (Int, Int)) = ((1, 1), (1, 1)), dataFormat: DataFormat = .channelsLast, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.borders = [Border(before: padding.0.0, after: padding.0.1), Border(before: padding.1.0, after: padding.1.1)]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.borders = try config.borders(Self.borderKey, rank: Self.rank, default: 1)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }
}
