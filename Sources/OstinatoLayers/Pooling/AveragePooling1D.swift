import OstinatoTensors

/// The mean, padding left out, of windows over one spatial axis.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, steps′, channels)`.
/// - Reference: `keras/src/layers/pooling/average_pooling1d.py`.
public struct AveragePooling1D: PoolingLayer {
  public static let className = "AveragePooling1D"
  public static let rank = 1
  public static let takesMaximum = false
  public var options: LayerOptions
  public let arguments: PoolingArguments

  /// - Parameter strides: nil for the pool's own size.
  public init(
    _ poolSize: Int = 2, strides: Int? = nil, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, name: String? = nil
  ) {
    let strides = strides ?? poolSize
    self.options = LayerOptions(name: name)
    self.arguments = PoolingArguments(
      poolSize: [poolSize], strides: [strides], padding: padding, dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.arguments = try PoolingArguments(config: config, rank: Self.rank)
  }
}
