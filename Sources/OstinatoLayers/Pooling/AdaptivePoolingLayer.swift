import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What the adaptive pooling layers have in common: output `i` of an axis takes the cells from `⌊i · in / out⌋` to
/// `⌈(i + 1) · in / out⌉`.
///
/// - Input: `(batch, spatial…, channels)`; output: `(batch, outputSize…, channels)`, or both with the channels first.
/// - Lowering: one resampling per spatial axis.
/// - Reference: `keras/src/layers/pooling/base_adaptive_pooling.py`.
public protocol AdaptivePoolingLayer: SpatialLayer {
  /// Whether the layer takes the maximum of a window rather than its mean.
  static var takesMaximum: Bool { get }
  /// The spatial extents of the output.
  var outputSize: [Int] { get }
}

extension AdaptivePoolingLayer {
  public var config: [String: JSONValue] {
    ["output_size": JSONValue(outputSize), "data_format": .string(dataFormat.rawValue)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try outputShape(for: inputs) { _ in outputSize }
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    var x = call.input
    for (axis, size) in zip(spatialAxes, outputSize) {
      let input = x.shape[axis]
      x = try graph.resample(x, axis: axis, to: size, Self.takesMaximum ? .maximum : .sum) { index in
        window(index, from: input, to: size)
      }
    }
    return [x]
  }

  private func window(_ index: Int, from input: Int, to output: Int) -> ResamplingTable.Cell {
    let (start, end) = (index * input / output, ((index + 1) * input + output - 1) / output)
    let weight = Self.takesMaximum ? 1 : 1 / Float(end - start)
    return ResamplingTable.Cell(start: start, weights: [Float](repeating: weight, count: end - start))
  }
}
