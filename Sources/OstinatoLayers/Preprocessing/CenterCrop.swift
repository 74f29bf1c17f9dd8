import OstinatoGraph
import OstinatoTensors

/// The middle of an image; of an image too small, the middle with the right aspect ratio, enlarged.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, height′, width′, channels)`.
/// - Lowering: one strided copy; for a smaller image a crop and one bilinear resampling per axis.
/// - Reference: `keras/src/layers/preprocessing/image_preprocessing/center_crop.py`.
public struct CenterCrop: SpatialLayer {
  public static let className = "CenterCrop"
  public static let rank = 2
  public var options: LayerOptions
  public let height: Int
  public let width: Int
  public let dataFormat: DataFormat

  public init(_ height: Int, _ width: Int, dataFormat: DataFormat = .channelsLast, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.height = height
    self.width = width
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.height = try config.positiveInt("height")
    self.width = try config.positiveInt("width")
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }

  public var config: [String: JSONValue] {
    ["height": .int(height), "width": .int(width), "data_format": .string(dataFormat.rawValue)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs) { _ in [height, width] }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let x = try graph.asFloat(call.input)
    let extents = [height, width]
    if zip(spatialAxes, extents).allSatisfy({ x.shape[$0] >= $1 }) {
      return [try graph.center(x, spatialAxes, extents)]
    }
    let part = try graph.crop(x, spatialAxes, toAspectRatioOf: ImageSize(height: height, width: width))
    return [try graph.resize(part, axes: spatialAxes, to: extents, .bilinear)]
  }
}
