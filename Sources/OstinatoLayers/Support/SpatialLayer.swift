import OstinatoGraph
import OstinatoTensors

/// What the layers over sequences, images and volumes have in common: a batch, spatial axes, and channels before or
/// after them.
public protocol SpatialLayer: Layer {
  /// The number of spatial axes.
  static var rank: Int { get }
  /// Where the channels are.
  var dataFormat: DataFormat { get }
}

extension SpatialLayer {
  /// The spatial axes of an input.
  var spatialAxes: [Int] {
    dataFormat == .channelsLast ? Array(1..<Self.rank + 1) : Array(2..<Self.rank + 2)
  }

  /// The only input's shape, brought to `(batch, spatial…, channels)`.
  /// - Throws: when it has not that many axes, or an extent is larger than any model needs.
  func channelsLast(_ inputs: [SymbolicShape]) throws(ModelError) -> SymbolicShape {
    let input = try onlyInput(inputs)
    guard input.rank == Self.rank + 2 else {
      throw mismatch("input of rank \(Self.rank + 2) \(dataFormat.axisNames(rank: Self.rank))", input)
    }
    try requireSensibleExtents(input)
    return dataFormat.channelsLast(input)
  }

  /// Keeps products and sums of a few extents far from overflow.
  private func requireSensibleExtents(_ shape: SymbolicShape) throws(ModelError) {
    guard shape.dimensions.allSatisfy({ ($0 ?? 0) <= LayerConfig.largestExtent }) else {
      throw mismatch("extents of at most \(LayerConfig.largestExtent)", shape)
    }
  }

  /// The output's shape in the layer's format, where `spatial` makes its spatial extents of the input's, and the channels
  /// stay as they are unless given.
  /// - Throws: when the input does not fit, or an extent would be larger than any model needs.
  func outputShape(
    for inputs: [SymbolicShape], channels: Int? = nil, spatial: ([Int?]) throws(ModelError) -> [Int?]
  ) throws(ModelError) -> [SymbolicShape] {
    let input = try channelsLast(inputs)
    let extents = try spatial(Array(input.dimensions[1...Self.rank]))
    let output = SymbolicShape([input[0]] + extents + [channels ?? input[-1]])
    try requireSensibleExtents(output)
    return [dataFormat.fromChannelsLast(output)]
  }

  /// The spatial extents of the output for the input of `call`.
  func outputExtents(for call: LayerCall) throws(ModelError) -> [Int] {
    let output = try outputShapes(for: [SymbolicShape(call.input.shape)])[0]
    return spatialAxes.compactMap { output[$0] }
  }
}
