import OstinatoGraph
import OstinatoTensors

/// All axes but the batch as one.
///
/// - Input: `(batch, d₁ … dₙ)`; output: `(batch, d₁ ⋯ dₙ)`. Channels-first input is brought to channels-last first.
/// - Lowering: a view.
/// - Reference: `keras/src/layers/reshaping/flatten.py`.
public struct Flatten: Layer {
  public static let className = "Flatten"
  public var options: LayerOptions
  public let dataFormat: DataFormat

  public init(dataFormat: DataFormat = .channelsLast, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
  }

  public var config: [String: JSONValue] { ["data_format": .string(dataFormat.rawValue)] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let shape = try onlyInput(inputs)
    guard shape.rank >= 1 else { throw mismatch("an input with a batch axis", shape) }
    return [[shape[0], SymbolicShape(Array(shape.dimensions.dropFirst())).elementCount]]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let x = call.input
    let ordered =
      dataFormat == .channelsFirst && x.shape.rank > 2
      ? try graph.transpose(x, [0] + Array(2..<x.shape.rank) + [1]) : x
    return [try graph.reshape(ordered, to: [x.shape[0], x.shape.dropFirst().reduce(1, *)])]
  }
}
