import OstinatoTensors

/// The mean of each channel over all steps.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, channels)`, or `(batch, 1, channels)`.
/// - Mask: masked steps do not count; none travels on.
/// - Reference: `keras/src/layers/pooling/global_average_pooling1d.py`.
public struct GlobalAveragePooling1D: GlobalPoolingLayer {
  public static let className = "GlobalAveragePooling1D"
  public static let laterArgumentNames = ["mask"]
  public static let rank = 1
  public static let takesMaximum = false
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
