import OstinatoGraph
import OstinatoTensors

/// Whole numbers as rows of zeros and ones, or of counts.
///
/// - Input: whole numbers `(batch, n)`, and for counts also `count_weights` of the same shape; output: `(batch,
///   numTokens)`, with `oneHot` `(batch, n, numTokens)`. A number outside `0..<numTokens` is dropped.
/// - Lowering: one bincount.
/// - Reference: `keras/src/layers/preprocessing/category_encoding.py`.
public struct CategoryEncoding: Layer {
  public static let className = "CategoryEncoding"
  public var options: LayerOptions
  public let numTokens: Int
  public let outputMode: CategoryOutputMode

  public init(numTokens: Int, outputMode: CategoryOutputMode = .multiHot, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.numTokens = numTokens
    self.outputMode = outputMode
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.numTokens = try config.positiveInt("num_tokens")
    self.outputMode = try config.outputMode(default: .multiHot, allowed: [.oneHot, .multiHot, .count])
  }

  public var config: [String: JSONValue] {
    ["num_tokens": .int(numTokens), "output_mode": .string(outputMode.rawValue)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard let input = inputs.first, inputs.count <= 2, inputs.last == input else {
      throw ModelError(.shapeMismatch, "", "expected one input, or two of one shape. Received: \(inputs)")
    }
    return [try outputMode.outputShape(for: input, depth: numTokens)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let weights = call.keywords["count_weights"]?.first ?? call.inputs.dropFirst().first
    if weights != nil && outputMode != .count {
      throw ModelError(
        .malformedConfig, "",
        "expected `output_mode` 'count' beside `count_weights`. Received: '\(outputMode.rawValue)'")
    }
    let categories = try graph.asInteger(call.input)
    return [try outputMode.lower(categories, depth: numTokens, weights: weights, into: &graph)]
  }
}
