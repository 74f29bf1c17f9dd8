import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What the global pooling layers have in common: the spatial axes reduced to nothing, or to extent 1 with `keepDims`.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, channels)`.
/// - Reference: `keras/src/layers/pooling/base_global_pooling.py`.
public protocol GlobalPoolingLayer: Layer {
  /// The number of spatial axes.
  static var rank: Int { get }
  /// Whether the layer takes the maximum rather than the mean.
  static var takesMaximum: Bool { get }
  /// Where the channels are.
  var dataFormat: DataFormat { get }
  /// Whether the spatial axes stay, with extent 1.
  var keepDims: Bool { get }
}

extension GlobalPoolingLayer {
  public var config: [String: JSONValue] {
    ["data_format": .string(dataFormat.rawValue), "keepdims": .bool(keepDims)]
  }

  private var spatialAxes: [Int] {
    dataFormat == .channelsLast ? Array(1...Self.rank) : Array(2...Self.rank + 1)
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard input.rank == Self.rank + 2 else { throw mismatch("input of rank \(Self.rank + 2)", input) }
    let dimensions = input.dimensions.enumerated().compactMap { axis, extent -> Int?? in
      spatialAxes.contains(axis) ? (keepDims ? .some(1) : .none) : .some(extent)
    }
    return [SymbolicShape(dimensions)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [
      try graph.reduce(
        Self.takesMaximum ? .maximum : .mean, call.input, axes: spatialAxes, keepDims: keepDims)
    ]
  }
}
