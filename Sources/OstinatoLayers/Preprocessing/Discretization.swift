import OstinatoGraph
import OstinatoTensors

/// Numbers as the number of the bin that they fall into.
///
/// - Input: any shape; output: int32 of the same shape, or rows as ``CategoryOutputMode`` makes them. Bin `i` begins with
///   boundary `i − 1` and ends before boundary `i`.
/// - Lowering: one bucketize, then a bincount unless the output is `int`.
/// - Reference: `keras/src/layers/preprocessing/discretization.py`.
public struct Discretization: Layer {
  public static let className = "Discretization"
  public var options: LayerOptions
  public let binBoundaries: [Float]
  public let outputMode: CategoryOutputMode

  /// - Parameter binBoundaries: where the second bin and those after it begin, ascending.
  public init(binBoundaries: [Float], outputMode: CategoryOutputMode = .int, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.binBoundaries = binBoundaries
    self.outputMode = outputMode
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    guard let boundaries = try config.optionalFloats("bin_boundaries"), boundaries == boundaries.sorted() else {
      throw config.failure("bin_boundaries", expected: "an ascending list of numbers; the layer was never adapted")
    }
    self.binBoundaries = boundaries
    self.outputMode = try config.outputMode(default: .int, allowed: [.int, .oneHot, .multiHot, .count])
  }

  public var config: [String: JSONValue] {
    [
      "bin_boundaries": .array(binBoundaries.map { .double(Double($0)) }), "num_bins": .null,
      "output_mode": .string(outputMode.rawValue),
    ]
  }

  private var depth: Int { binBoundaries.count + 1 }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [try outputMode.outputShape(for: try onlyInput(inputs), depth: depth)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let bins = try graph.addOne(Bucketize(binBoundaries), try graph.asFloat(call.input))
    return [try outputMode.lower(bins, depth: depth, into: &graph)]
  }
}
