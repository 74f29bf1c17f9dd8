import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What the global pooling layers have in common: the spatial axes reduced to nothing, or to extent 1 with `keepDims`.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, channels)`.
/// - Reference: `keras/src/layers/pooling/base_global_pooling.py`.
public protocol GlobalPoolingLayer: SpatialLayer {
  /// Whether the layer takes the maximum rather than the mean.
  static var takesMaximum: Bool { get }
  /// Whether the spatial axes stay, with extent 1.
  var keepDims: Bool { get }
}

extension GlobalPoolingLayer {
  public var config: [String: JSONValue] {
    ["data_format": .string(dataFormat.rawValue), "keepdims": .bool(keepDims)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try channelsLast(inputs)
    guard keepDims else { return [[input[0], input[-1]]] }
    return try outputShape(for: inputs) { input in input.map { _ in 1 } }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    if Self.rank == 1, !Self.takesMaximum, let mask = graph.mask(of: call.input) {
      return [try maskedMean(call.input, mask, into: &graph)]
    }
    let function: ReductionFunction = Self.takesMaximum ? .maximum : .mean
    return [try graph.reduce(function, call.input, axes: spatialAxes, keepDims: keepDims)]
  }

  /// The sum of the steps that are valid, by their number.
  private func maskedMean(_ x: Value, _ mask: Value, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    let (batch, steps) = (mask.shape[0], mask.shape[1])
    let valid = try graph.reshape(
      try graph.asFloat(mask), to: dataFormat == .channelsLast ? [batch, steps, 1] : [batch, 1, steps])
    let kept = try graph.select(valid, x, try graph.scalar(0))
    return try graph.combine(
      .divide, try graph.reduce(.sum, kept, axes: spatialAxes, keepDims: keepDims),
      try graph.reduce(.sum, valid, axes: spatialAxes, keepDims: keepDims))
  }
}
