import OstinatoGraph
import OstinatoTensors

/// `x` where it is positive, else `alpha · x` with a learned alpha for each place that is not shared.
///
/// - Input: any shape whose axes are known but for the shared ones; output: the same shape.
/// - Lowering: two one-sided functions, a product and a sum.
/// - Reference: `keras/src/layers/activations/prelu.py`.
public struct PReLU: Layer {
  public static let className = "PReLU"
  public var options: LayerOptions
  public let sharedAxes: [Int]
  public let alphaInitializer: Initializer
  public let passesMask = true

  /// - Parameter sharedAxes: axes along which alpha is the same; 1 is the first after the batch.
  public init(sharedAxes: [Int] = [], alphaInitializer: Initializer = .zeros, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.sharedAxes = sharedAxes
    self.alphaInitializer = alphaInitializer
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.sharedAxes = try config.optionalInts("shared_axes") ?? []
    self.alphaInitializer = .zeros
  }

  public var config: [String: JSONValue] {
    ["shared_axes": sharedAxes.isEmpty ? .null : JSONValue(sharedAxes)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [try onlyInput(inputs)]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let input = try onlyInput(inputs)
    var alpha = Array(input.dimensions.dropFirst())
    for axis in sharedAxes {
      // As Keras: axis 0 and axes below count from the end of what follows the batch.
      let place = axis > 0 ? axis - 1 : axis - 1 + alpha.count
      guard alpha.indices.contains(place) else { throw mismatch("an input with axis \(axis)", input) }
      alpha[place] = 1
    }
    return [Variable("alpha", SymbolicShape(alpha), alphaInitializer)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let alpha = try graph.weight("alpha", 0, of: call)
    let negative = try graph.apply(.clip(-.infinity, 0), call.input)
    let scaled = try graph.combine(.multiply, negative, alpha)
    return [try graph.combine(.add, try graph.apply(.relu(), call.input), scaled)]
  }
}
