import OstinatoTensors

/// An image made larger by whole factors.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, height · size₀, width · size₁, channels)`.
/// - Reference: `keras/src/layers/reshaping/up_sampling2d.py`.
public struct UpSampling2D: UpSamplingLayer {
  public static let className = "UpSampling2D"
  public static let rank = 2
  public var options: LayerOptions
  public let size: [Int]
  public let dataFormat: DataFormat
  public let interpolation: Interpolation

  public init(
    _ size: (Int, Int) = (2, 2), dataFormat: DataFormat = .channelsLast, interpolation: Interpolation = .nearest,
    name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.size = [size.0, size.1]
    self.dataFormat = dataFormat
    self.interpolation = interpolation
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.size = try config.extents("size", count: Self.rank, default: 2)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
    self.interpolation = try config.choice("interpolation", default: .nearest)
  }

  public var config: [String: JSONValue] {
    [
      "size": JSONValue(size), "data_format": .string(dataFormat.rawValue),
      "interpolation": .string(interpolation.rawValue),
    ]
  }
}
