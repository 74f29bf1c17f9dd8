import OstinatoTensors

/// The maximum of windows over two spatial axes, laid so that the output has a given size.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, outputSize…, channels)`.
/// - Reference: `keras/src/layers/pooling/adaptive_max_pooling2d.py`.
public struct AdaptiveMaxPooling2D: AdaptivePoolingLayer {
  public static let className = "AdaptiveMaxPooling2D"
  public static let rank = 2
  public static let takesMaximum = true
  public var options: LayerOptions
  public let outputSize: [Int]
  public let dataFormat: DataFormat

  public init(_ outputSize: (Int, Int), dataFormat: DataFormat = .channelsLast, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.outputSize = [outputSize.0, outputSize.1]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.outputSize = try config.extents("output_size", count: Self.rank)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }
}
