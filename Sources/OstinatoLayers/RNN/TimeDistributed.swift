import OstinatoGraph
import OstinatoTensors

/// A layer or model applied to every step of a sequence.
///
/// - Input: `(batch, time, …)`; output: `(batch, time, …)` with what the inner layer makes of `(batch, …)`.
/// - Mask: travels on; a mask of rank 3 or more reaches the inner layer step by step.
/// - Lowering: the first two axes become one, the inner layer runs once over batch · time rows, and the axis comes back.
///   Both reshapes are views and leave no step in the program.
/// - Reference: `keras/src/layers/rnn/time_distributed.py`.
public struct TimeDistributed: Layer {
  public static let className = "TimeDistributed"
  public var options: LayerOptions
  /// The layer that is applied to every step.
  public let layer: any Layer
  public let passesMask = true

  public init(_ layer: any Layer, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.layer = layer
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.layer = try config.layer("layer")
  }

  /// The shape of one step.
  private func step(_ inputs: [SymbolicShape]) throws(ModelError) -> SymbolicShape {
    let input = try onlyInput(inputs)
    guard input.rank >= 3 else { throw mismatch("input of rank 3 or more (batch, time, …)", input) }
    return SymbolicShape([input[0]] + input.dimensions[2...])
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    return try layer.outputShapes(for: [try step(inputs)]).map { output in
      SymbolicShape([input[0], input[1]] + output.dimensions.dropFirst())
    }
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    [Sublayer("layer", layer, inputs: [try step(inputs)])]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let x = call.input
    let (batch, time) = (x.shape[0], x.shape[1])
    let steps = try graph.reshape(x, to: Shape([batch * time] + x.shape.dropFirst(2)))
    if let mask = graph.mask(of: x), mask.shape.rank > 2 {
      graph.setMask(try graph.reshape(mask, to: Shape([batch * time] + mask.shape.dropFirst(2))), of: steps)
    }
    var outputs: [Value] = []
    for output in try graph.lower(layer, named: "layer", call.inner("layer", inputs: [steps])) {
      outputs.append(try graph.reshape(output, to: Shape([batch, time] + output.shape.dropFirst())))
    }
    return outputs
  }
}
