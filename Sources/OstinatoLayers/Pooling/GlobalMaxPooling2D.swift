import OstinatoTensors

/// The maximum of each channel over both spatial axes.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, channels)`, or `(batch, 1, 1, channels)`.
/// - Reference: `keras/src/layers/pooling/global_max_pooling2d.py`.
public struct GlobalMaxPooling2D: GlobalPoolingLayer {
  public static let className = "GlobalMaxPooling2D"
  public static let rank = 2
  public static let takesMaximum = true
  public var options: LayerOptions
  public let dataFormat: DataFormat
  public let keepDims: Bool

  public init(dataFormat: DataFormat = .channelsLast, keepDims: Bool = false, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.dataFormat = dataFormat
    self.keepDims = keepDims
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
    self.keepDims = try config.bool("keepdims", default: false)
  }
}
