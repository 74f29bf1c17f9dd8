import OstinatoTensors

/// Each cell of a volume repeated along three axes.
///
/// - Input: `(batch, depth, height, width, channels)`; output: the same with the spatial extents times `size`.
/// - Reference: `keras/src/layers/reshaping/up_sampling3d.py`.
public struct UpSampling3D: UpSamplingLayer {
  public static let className = "UpSampling3D"
  public static let rank = 3
  public var options: LayerOptions
  public let size: [Int]
  public let dataFormat: DataFormat

  public init(_ size: (Int, Int, Int) = (2, 2, 2), dataFormat: DataFormat = .channelsLast, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.size = [size.0, size.1, size.2]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.size = try config.extents("size", count: Self.rank, default: 2)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }
}
