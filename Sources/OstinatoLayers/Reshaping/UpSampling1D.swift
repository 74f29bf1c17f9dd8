import OstinatoTensors

/// Each step repeated.
///
/// - Input: `(batch, steps, channels)`; output: `(batch, steps · size, channels)`.
/// - Reference: `keras/src/layers/reshaping/up_sampling1d.py`.
public struct UpSampling1D: UpSamplingLayer {
  public static let className = "UpSampling1D"
  public static let rank = 1
  public var options: LayerOptions
  public let size: [Int]
  public let dataFormat = DataFormat.channelsLast

  public init(_ size: Int = 2, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.size = [size]
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.size = try config.extents("size", count: Self.rank, default: 2)
  }

  public var config: [String: JSONValue] { ["size": .int(size[0])] }
}
