import OstinatoGraph
import OstinatoTensors

/// Images brought to one size.
///
/// - Input: `(batch, height, width, channels)`; output: `(batch, height′, width′, channels)`, in floating point.
/// - Lowering: a crop or a border where the aspect ratio is to be kept, then one resampling per axis.
/// - Reference: `keras/src/layers/preprocessing/image_preprocessing/resizing.py`.
public struct Resizing: SpatialLayer {
  public static let className = "Resizing"
  public static let rank = 2
  public var options: LayerOptions
  public let height: Int
  public let width: Int
  public let interpolation: Interpolation
  public let cropToAspectRatio: Bool
  public let padToAspectRatio: Bool
  public let fillValue: Float
  public let antialias: Bool
  public let dataFormat: DataFormat
  /// Whether whole numbers stay whole, as the operation `resize` of Keras has it.
  private var keepsIntegers = false

  /// - Parameters:
  ///   - cropToAspectRatio: whether cells at the longer side's ends go before the image is resized.
  ///   - padToAspectRatio: whether cells of `fillValue` come at the shorter side's ends.
  ///   - antialias: whether a smaller image sees all cells of the larger.
  public init(
    _ height: Int, _ width: Int, interpolation: Interpolation = .bilinear, cropToAspectRatio: Bool = false,
    padToAspectRatio: Bool = false, fillValue: Float = 0, antialias: Bool = false,
    dataFormat: DataFormat = .channelsLast, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.height = height
    self.width = width
    self.interpolation = interpolation
    self.cropToAspectRatio = cropToAspectRatio
    self.padToAspectRatio = padToAspectRatio
    self.fillValue = fillValue
    self.antialias = antialias
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.height = try config.positiveInt("height")
    self.width = try config.positiveInt("width")
    self.interpolation = try config.choice("interpolation", default: .bilinear)
    self.cropToAspectRatio = try config.bool("crop_to_aspect_ratio", default: false)
    self.padToAspectRatio = try config.bool("pad_to_aspect_ratio", default: false)
    self.fillValue = try config.float("fill_value", default: 0)
    self.antialias = try config.bool("antialias", default: false)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
    self.keepsIntegers = config.className == "Resize"
    if cropToAspectRatio && padToAspectRatio {
      throw config.failure("pad_to_aspect_ratio", expected: "false where crop_to_aspect_ratio is true")
    }
  }

  public var config: [String: JSONValue] {
    [
      "height": .int(height), "width": .int(width), "interpolation": .string(interpolation.rawValue),
      "crop_to_aspect_ratio": .bool(cropToAspectRatio), "pad_to_aspect_ratio": .bool(padToAspectRatio),
      "fill_mode": .string("constant"), "fill_value": .double(Double(fillValue)), "antialias": .bool(antialias),
      "data_format": .string(dataFormat.rawValue),
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs) { _ in [height, width] }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let size = ImageSize(height: height, width: width)
    var x = call.input
    if cropToAspectRatio { x = try graph.crop(x, spatialAxes, toAspectRatioOf: size) }
    if padToAspectRatio { x = try graph.pad(x, spatialAxes, toAspectRatioOf: size, value: fillValue) }
    let resized = try graph.resize(x, axes: spatialAxes, to: [height, width], interpolation, antialias: antialias)
    guard keepsIntegers && call.input.dataType == .int32 else { return [resized] }
    return [try graph.asInteger(try graph.apply(.round, resized))]
  }
}

/// The extents of an image.
struct ImageSize {
  let height: Int
  let width: Int

  /// The largest part of an image of this size with the aspect ratio of `other`.
  func cropped(toAspectRatioOf other: ImageSize) -> ImageSize {
    ImageSize(
      height: max(min(height, width * other.height / other.width), 1),
      width: max(min(width, height * other.width / other.height), 1))
  }

  /// The smallest size that holds this one and has the aspect ratio of `other`.
  func padded(toAspectRatioOf other: ImageSize) -> ImageSize {
    ImageSize(
      height: max(height, width * other.height / other.width), width: max(width, height * other.width / other.height))
  }
}

extension GraphBuilder {
  /// The middle of the images with the aspect ratio of `size`; `axes` are those of height and width.
  mutating func crop(_ x: Value, _ axes: [Int], toAspectRatioOf size: ImageSize) throws(ModelError) -> Value {
    let image = ImageSize(height: x.shape[axes[0]], width: x.shape[axes[1]])
    let part = image.cropped(toAspectRatioOf: size)
    return try center(x, axes, [part.height, part.width])
  }

  /// The images with equal borders of `value` on two sides, to the aspect ratio of `size` but for an odd cell.
  fileprivate mutating func pad(
    _ x: Value, _ axes: [Int], toAspectRatioOf size: ImageSize, value: Float
  ) throws(ModelError) -> Value {
    let image = ImageSize(height: x.shape[axes[0]], width: x.shape[axes[1]])
    let whole = image.padded(toAspectRatioOf: size)
    var border = [Int](repeating: 0, count: x.shape.rank)
    border[axes[0]] = (whole.height - image.height) / 2
    border[axes[1]] = (whole.width - image.width) / 2
    return try pad(x, before: border, after: border, value: value)
  }

  /// The middle `extents` cells of `axes`, the odd cell dropped at the end.
  mutating func center(_ x: Value, _ axes: [Int], _ extents: [Int]) throws(ModelError) -> Value {
    var (before, after) = ([Int](repeating: 0, count: x.shape.rank), [Int](repeating: 0, count: x.shape.rank))
    for (axis, extent) in zip(axes, extents) {
      before[axis] = (x.shape[axis] - extent) / 2
      after[axis] = x.shape[axis] - extent - before[axis]
    }
    return try crop(x, before: before, after: after)
  }
}
