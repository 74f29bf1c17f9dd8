import OstinatoGraph
import OstinatoTensors

/// What the upsampling layers have in common: each spatial axis becomes a whole number of times as long.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, spatial · size…, channels)`, or both with the channels first.
/// - Lowering: cells repeated; one resampling per spatial axis where they are interpolated.
/// - Reference: `keras/src/layers/reshaping/up_sampling2d.py`.
public protocol UpSamplingLayer: SpatialLayer {
  /// The factor of each spatial axis.
  var size: [Int] { get }
  /// How the cells between are made.
  var interpolation: Interpolation { get }
}

extension UpSamplingLayer {
  public var interpolation: Interpolation { .nearest }

  public var config: [String: JSONValue] {
    ["size": JSONValue(size), "data_format": .string(dataFormat.rawValue)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs) { input in zip(input, size).map { extent, factor in extent.map { $0 * factor } } }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let extents = try outputExtents(for: call)
    guard interpolation == .nearest else {
      return [try graph.resize(call.input, axes: spatialAxes, to: extents, interpolation)]
    }
    var x = call.input
    for (axis, factor) in zip(spatialAxes, size) where factor > 1 {
      x = try graph.repeatElements(x, axis: axis, count: factor)
    }
    return [x]
  }
}
