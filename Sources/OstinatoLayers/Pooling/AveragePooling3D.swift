import OstinatoTensors

/// The mean, padding left out, of windows over three spatial axes.
///
/// - Input: `(batch, depth, height, width, channels)`; output: `(batch, depth′, height′, width′, channels)`.
/// - Reference: `keras/src/layers/pooling/average_pooling3d.py`.
public struct AveragePooling3D: PoolingLayer {
  public static let className = "AveragePooling3D"
  public static let rank = 3
  public static let takesMaximum = false
  public var options: LayerOptions
  public let arguments: PoolingArguments

  /// - Parameter strides: nil for the pool's own size.
  public init(
    _ poolSize: (Int, Int, Int) = (2, 2, 2), strides: (Int, Int, Int)? = nil, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, name: String? = nil
  ) {
    let strides = strides ?? poolSize
    self.options = LayerOptions(name: name)
    self.arguments = PoolingArguments(
      poolSize: [poolSize.0, poolSize.1, poolSize.2], strides: [strides.0, strides.1, strides.2], padding: padding,
      dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.arguments = try PoolingArguments(config: config, rank: Self.rank)
  }
}
