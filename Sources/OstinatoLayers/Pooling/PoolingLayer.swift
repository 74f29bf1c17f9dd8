import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What the maximum and average pooling layers have in common; they differ in the function and in the number of spatial
/// axes.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, spatial′…, channels)`, or both with the channels first.
/// - Reference: `keras/src/layers/pooling/base_pooling.py`.
public protocol PoolingLayer: SpatialLayer {
  /// Whether the layer takes the maximum of a window rather than its mean.
  static var takesMaximum: Bool { get }
  /// Keras' arguments.
  var arguments: PoolingArguments { get }
}

/// The arguments of a pooling layer, lists with one entry per spatial axis.
public struct PoolingArguments: Sendable {
  public var poolSize: [Int]
  public var strides: [Int]
  public var padding: Padding
  public var dataFormat: DataFormat
}

extension PoolingArguments {
  /// Reads the arguments of a layer with `rank` spatial axes; strides are the pool's own size unless given.
  init(config: LayerConfig, rank: Int) throws(ModelError) {
    poolSize = try config.extents("pool_size", count: rank, default: 2)
    strides = config["strides"] == nil ? poolSize : try config.extents("strides", count: rank)
    padding = try config.choice("padding", default: .valid)
    dataFormat = try config.choice("data_format", default: .channelsLast)
    if padding == .causal { throw config.failure("padding", expected: "'valid' or 'same'") }
  }

  fileprivate var window: SlidingWindow { SlidingWindow(kernel: poolSize, strides: strides, padding: padding) }
}

extension PoolingLayer {
  public var dataFormat: DataFormat { arguments.dataFormat }

  public var config: [String: JSONValue] {
    [
      "pool_size": JSONValue(arguments.poolSize), "strides": JSONValue(arguments.strides),
      "padding": .string(arguments.padding.rawValue), "data_format": .string(arguments.dataFormat.rawValue),
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs) { input throws(ModelError) in try arguments.window.output(for: input) }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let output = try graph.withChannelsLast(call.input, dataFormat) { x, graph throws(ModelError) in
      let geometry = arguments.window.geometry(for: Array(x.shape[1...Self.rank]))
      return try graph.addOne(Pool(Self.takesMaximum ? .maximum : .average, geometry: geometry), try graph.asFloat(x))
    }
    return [output]
  }
}
