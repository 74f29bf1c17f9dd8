import OstinatoTensors

/// The maximum of windows over three spatial axes, laid so that the output has a given size.
///
/// - Input: `(batch, depth, height, width, channels)`; output: `(batch, outputSize…, channels)`.
/// - Reference: `keras/src/layers/pooling/adaptive_max_pooling3d.py`.
public struct AdaptiveMaxPooling3D: AdaptivePoolingLayer {
  public static let className = "AdaptiveMaxPooling3D"
  public static let rank = 3
  public static let takesMaximum = true
  public var options: LayerOptions
  public let outputSize: [Int]
  public let dataFormat: DataFormat

  public init(_ outputSize: (Int, Int, Int), dataFormat: DataFormat = .channelsLast, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.outputSize = [outputSize.0, outputSize.1, outputSize.2]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.outputSize = try config.extents("output_size", count: Self.rank)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }
}
