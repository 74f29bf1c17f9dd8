import OstinatoTensors

/// The mean of windows over one spatial axis, laid so that the output has a given size.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, outputSize…, channels)`.
/// - Reference: `keras/src/layers/pooling/adaptive_average_pooling1d.py`.
public struct AdaptiveAveragePooling1D: AdaptivePoolingLayer {
  public static let className = "AdaptiveAveragePooling1D"
  public static let rank = 1
  public static let takesMaximum = false
  public var options: LayerOptions
  public let outputSize: [Int]
  public let dataFormat: DataFormat

  public init(_ outputSize: Int, dataFormat: DataFormat = .channelsLast, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.outputSize = [outputSize]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.outputSize = try config.extents("output_size", count: Self.rank)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }
}
