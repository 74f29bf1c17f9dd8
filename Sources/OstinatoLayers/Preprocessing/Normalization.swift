import OstinatoGraph
import OstinatoTensors

/// `(x − mean) / max(√variance, 1e-7)` for each position along `axis`, or the way back.
///
/// - Input: any shape; output: the same shape.
/// - Weights: `mean`, `variance` and `count` where the layer was adapted, none where it was given its statistics.
/// - Lowering: one subtraction and one division; inverted one product and one sum.
/// - Reference: `keras/src/layers/preprocessing/normalization.py`.
public struct Normalization: Layer {
  /// What a layer was given rather than adapted to: one number for all positions, or one each.
  public struct Statistics: Sendable, Hashable {
    /// Row-major over the axes that are kept.
    public let mean: [Float]
    public let variance: [Float]
    /// The extents of both.
    public let shape: Shape

    /// - Parameter shape: nil for a vector.
    public init(mean: [Float], variance: [Float], shape: Shape? = nil) {
      self.mean = mean
      self.variance = variance
      self.shape = shape ?? [mean.count]
    }
  }

  public static let className = "Normalization"
  public var options: LayerOptions
  public let axis: [Int]
  /// nil where they are weights.
  public let statistics: Statistics?
  public let invert: Bool
  public let passesMask = true

  /// - Parameters:
  ///   - axis: the axes whose positions have a mean and a variance each; none for one of each.
  ///   - statistics: nil where they come as weights.
  ///   - invert: whether to undo a normalization.
  public init(axis: [Int] = [-1], statistics: Statistics? = nil, invert: Bool = false, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.axis = axis
    self.statistics = statistics
    self.invert = invert
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    let isAbsent = config.members["axis"]?.isNull ?? false
    self.axis = try config.optionalInts("axis") ?? (isAbsent ? [] : [-1])
    self.invert = try config.bool("invert", default: false)
    let (mean, variance) = (try config.optionalFloats("mean"), try config.optionalFloats("variance"))
    guard mean?.count == variance?.count, mean?.isEmpty != true else {
      throw config.failure("variance", expected: "as many numbers as `mean`")
    }
    let shape = config["mean"]?.nesting.flatMap { try? Shape(validating: $0) }
    self.statistics = mean.flatMap { mean in
      variance.map { Statistics(mean: mean, variance: $0, shape: shape?.elementCount == mean.count ? shape : nil) }
    }
  }

  public var config: [String: JSONValue] {
    func list(_ numbers: [Float]?) -> JSONValue {
      guard let numbers else { return .null }
      if numbers.count == 1 { return .double(Double(numbers[0])) }
      return JSONValue(numbers[...], nesting: statistics?.shape.dimensions.dropFirst() ?? [])
    }
    return [
      "axis": JSONValue(axis), "invert": .bool(invert), "mean": list(statistics?.mean),
      "variance": list(statistics?.variance),
    ]
  }

  /// The axes that are kept, counted from the front, ascending.
  private func keptAxes(rank: Int) throws(ModelError) -> [Int] {
    guard axis.allSatisfy({ (-rank..<rank).contains($0) }) else {
      throw ModelError(.shapeMismatch, "", "expected an input with axes \(axis). Received: rank \(rank)")
    }
    return axis.map { $0 < 0 ? $0 + rank : $0 }.sorted()
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    let kept = SymbolicShape(try keptAxes(rank: input.rank).map { input[$0] })
    if let statistics, statistics.mean.count > 1,
      kept.elementCount.map({ !$0.isMultiple(of: statistics.mean.count) }) ?? false
    {
      throw mismatch("as many positions along \(axis) as `mean` has numbers, \(statistics.mean.count)", input)
    }
    return [input]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    guard statistics == nil else { return [] }
    let input = try onlyInput(inputs)
    let shape = SymbolicShape(try keptAxes(rank: input.rank).map { input[$0] })
    return [
      Variable("mean", shape, .zeros, trainable: false), Variable("variance", shape, .ones, trainable: false),
      Variable("count", [], .zeros, trainable: false),
    ]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let shape = call.input.shape
    let kept = try keptAxes(rank: shape.rank)
    let positions = Shape(shape.indices.map { kept.contains($0) ? shape[$0] : 1 })
    let mean = statistics?.mean ?? call.weights.variables[0].floats
    let variance = statistics?.variance ?? call.weights.variables[1].floats
    func constant(_ name: String, _ values: [Float]) throws(ModelError) -> Value {
      try graph.constant(name) { () throws(ModelError) in
        Tensor((0..<positions.elementCount).map { values[$0 % values.count] }, shape: positions)
      }
    }
    let (center, spread) = (
      try constant("mean", mean), try constant("spread", variance.map { max($0.squareRoot(), Self.epsilon) })
    )
    return invert
      ? [try graph.combine(.add, center, try graph.combine(.multiply, call.input, spread))]
      : [try graph.combine(.divide, try graph.combine(.subtract, call.input, center), spread)]
  }

  private static let epsilon: Float = 1e-7
}
