/// What a layer gives within a model, by the layer's name: what ``Model/ending(at:)-(LayerOutput...)`` ends at.
///
/// ```swift
/// let features = try model.ending(at: "block3_out", "backbone/block4_out", LayerOutput("shared", call: 1))
/// ```
public struct LayerOutput: Sendable, Hashable {
  /// The layer's name; that of a layer inside a nested model is its path: `backbone/block4_out`.
  public let layer: String
  /// Which call of the layer, from 0; nil for the only one.
  public let call: Int?
  /// Which of the layer's outputs, from 0; nil for all of them.
  public let output: Int?

  /// - Parameters:
  ///   - layer: the layer's name, or its path.
  ///   - call: which call of the layer, from 0 in the order of Keras; nil for the only one.
  ///   - output: which of the layer's outputs, from 0; nil for all of them.
  public init(_ layer: String, call: Int? = nil, output: Int? = nil) {
    self.layer = layer
    self.call = call
    self.output = output
  }
}

extension LayerOutput: ExpressibleByStringLiteral {
  /// All outputs of the layer called `layer`, which is called once.
  public init(stringLiteral layer: String) { self.init(layer) }
}
