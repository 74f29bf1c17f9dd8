import OstinatoGraph
import OstinatoTensors

/// `x · scale + offset`, with one number of each or one per channel.
///
/// - Input: any shape; output: the same shape, in floating point.
/// - Lowering: one elementwise operation.
/// - Reference: `keras/src/layers/preprocessing/rescaling.py`.
public struct Rescaling: Layer {
  public static let className = "Rescaling"
  public var options: LayerOptions
  public let scale: [Float]
  public let offset: [Float]
  public let passesMask = true

  /// `Rescaling(1 / 255)`.
  public init(_ scale: Float, offset: Float = 0, name: String? = nil) {
    self.init(scale: [scale], offset: [offset], name: name)
  }

  /// - Parameters:
  ///   - scale: one factor, or one per entry of the last axis.
  ///   - offset: one summand, or one per entry of the last axis.
  public init(scale: [Float], offset: [Float] = [0], name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.scale = scale
    self.offset = offset
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    guard let scale = try config.optionalFloats("scale"), !scale.isEmpty else {
      throw config.failure("scale", expected: "numbers")
    }
    self.scale = scale
    self.offset = try config.optionalFloats("offset") ?? [0]
  }

  public var config: [String: JSONValue] { ["scale": Self.json(scale), "offset": Self.json(offset)] }

  private static func json(_ numbers: [Float]) -> JSONValue {
    let values = numbers.map { JSONValue.double(Double($0)) }
    return values.count == 1 ? values[0] : .array(values)
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    for numbers in [scale, offset] where numbers.count != 1 {
      guard input.rank > 0, (input[-1] ?? numbers.count) == numbers.count else {
        throw mismatch("\(numbers.count) channels", input)
      }
    }
    return [input]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    if let scale = scale.only, let offset = offset.only {
      return [try graph.apply(.affine(scale: scale, offset: offset), call.input)]
    }
    let factors = try graph.constant("scale") { () throws(ModelError) in Tensor(scale) }
    let summands = try graph.constant("offset") { () throws(ModelError) in Tensor(offset) }
    return [try graph.combine(.add, try graph.combine(.multiply, call.input, factors), summands)]
  }
}

extension [Float] {
  /// The only element, or nil.
  fileprivate var only: Float? { count == 1 ? first : nil }
}
