import OstinatoGraph
import OstinatoTensors

/// Each channel of an image stretched so that its values fill the range. Not only while a model is trained: always.
///
/// - Input: `(batch, height, width, channels)`; output: the same shape. A channel of one value stays as it is.
/// - Lowering: two reductions and elementwise operations.
/// - Reference: `keras/src/layers/preprocessing/image_preprocessing/auto_contrast.py`.
public struct AutoContrast: SpatialLayer {
  public static let className = "AutoContrast"
  public static let rank = 2
  public var options: LayerOptions
  public let valueRange: ValueRange
  public let dataFormat: DataFormat

  public init(valueRange: ValueRange = .bytes, dataFormat: DataFormat = .channelsLast, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.valueRange = valueRange
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    let range = try config.valueRange()
    self.valueRange = ValueRange(min(range.minimum, range.maximum), max(range.minimum, range.maximum))
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }

  public var config: [String: JSONValue] {
    ["value_range": valueRange.config, "data_format": .string(dataFormat.rawValue)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs) { $0 }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let images = try graph.convert(try graph.asFloat(call.input), from: valueRange, to: .bytes)
    // Keras reduces these axes whatever the data format.
    let low = try graph.reduce(.minimum, images, axes: [1, 2], keepDims: true)
    let high = try graph.reduce(.maximum, images, axes: [1, 2], keepDims: true)
    let scale = try graph.combine(.divide, try graph.scalar(255), try graph.combine(.subtract, high, low))
    let offset = try graph.combine(.multiply, try graph.apply(.negate, low), scale)
    let stretched = try graph.combine(.add, try graph.combine(.multiply, images, scale), offset)
    let result = try graph.convert(try graph.apply(.clip(0, 255), stretched), from: .bytes, to: valueRange)
    return [try graph.select(try graph.apply(.isNaN, result), call.input, result)]
  }
}
