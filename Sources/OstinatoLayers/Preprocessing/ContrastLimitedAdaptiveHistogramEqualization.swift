import OstinatoGraph
import OstinatoTensors

/// Histogram equalisation by tiles with limited contrast. Not only while a model is trained: always.
///
/// - Input: `(batch, height, width, channels)`; output: the same shape.
/// - Lowering: one equalisation on channels-last data.
/// - Reference: `keras/src/layers/preprocessing/image_preprocessing/clahe.py`.
public struct ContrastLimitedAdaptiveHistogramEqualization: SpatialLayer {
  public static let className = "ContrastLimitedAdaptiveHistogramEqualization"
  public static let rank = 2
  public var options: LayerOptions
  public let valueRange: ValueRange
  public let clipLimit: Float
  public let tileGridSize: [Int]
  public let dataFormat: DataFormat

  /// - Parameters:
  ///   - clipLimit: how often a value may come in a tile, as a multiple of the mean; 0 for no limit.
  ///   - tileGridSize: tiles along height and width.
  public init(
    valueRange: ValueRange = .bytes, clipLimit: Float = 4, tileGridSize: (Int, Int) = (8, 8),
    dataFormat: DataFormat = .channelsLast, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.valueRange = valueRange
    self.clipLimit = clipLimit
    self.tileGridSize = [tileGridSize.0, tileGridSize.1]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.valueRange = try config.valueRange()
    self.clipLimit = try config.float("clip_limit", default: 4)
    self.tileGridSize = try config.extents("tile_grid_size", count: Self.rank, default: 8)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }

  public var config: [String: JSONValue] {
    [
      "value_range": valueRange.config, "clip_limit": .double(Double(clipLimit)),
      "tile_grid_size": JSONValue(tileGridSize), "data_format": .string(dataFormat.rawValue),
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs) { $0 }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let output = try graph.withChannelsLast(call.input, dataFormat) { x, graph throws(ModelError) in
      let images = try graph.convert(try graph.asFloat(x), from: valueRange, to: .bytes)
      let tiles = EqualizeTiles(tileRows: tileGridSize[0], tileColumns: tileGridSize[1], clipLimit: clipLimit)
      return try graph.convert(try graph.addOne(tiles, images), from: .bytes, to: valueRange)
    }
    return [call.input.dataType == .int32 ? try graph.asInteger(output) : output]
  }
}
