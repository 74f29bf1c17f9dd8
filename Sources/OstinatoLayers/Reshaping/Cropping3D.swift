import OstinatoTensors

/// Cells taken away at both ends of a volume.
///
/// - Input: `(batch, depth, height, width, channels)`; output: `(batch, depth′, height′, width′, channels)`.
/// - Lowering: one strided copy.
/// - Reference: `keras/src/layers/reshaping/cropping3d.py`.
public struct Cropping3D: BorderLayer {
  public static let className = "Cropping3D"
  public static let rank = 3
  public static let borderKey = "cropping"
  public static let addsBorders = false
  public var options: LayerOptions
  public let borders: [Border]
  public let dataFormat: DataFormat

  /// - Parameter cropping: cells before and after, along each axis.
  public init(
    _ cropping: ((Int, Int), (Int, Int), (Int, Int)) = ((1, 1), (1, 1), (1, 1)), dataFormat: DataFormat = .channelsLast,
    name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.borders = [
      Border(before: cropping.0.0, after: cropping.0.1), Border(before: cropping.1.0, after: cropping.1.1),
      Border(before: cropping.2.0, after: cropping.2.1),
    ]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.borders = try config.borders(Self.borderKey, rank: Self.rank, default: 1)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }
}
