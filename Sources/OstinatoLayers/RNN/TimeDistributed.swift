import OstinatoGraph
import OstinatoTensors

/// A layer or model applied to every step of a sequence.
///
/// - Input: `(batch, time, …)`; output: `(batch, time, …)` with what the inner layer makes of `(batch, …)`.
/// - Mask: travels on, and reaches the inner layer step by step.
/// - Lowering: the first two axes become one, the inner layer runs once over batch · time rows, and the axis comes back.
///   Both reshapes are views and leave no step in the program. An inner layer that carries states from one step to the
///   next, or may mix rows of the batch, runs step after step instead.
/// - Reference: `keras/src/layers/rnn/time_distributed.py`.
public struct TimeDistributed: Layer {
  public static let className = "TimeDistributed"
  public static let laterArgumentNames = ["training", "mask"]
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

  public var config: [String: JSONValue] { ["layer": JSONValue(layer)] }

  /// The shape of one step.
  private func step(_ inputs: [SymbolicShape]) throws(ModelError) -> SymbolicShape {
    let input = try onlyInput(inputs)
    guard input.rank >= 3 else { throw mismatch("input of rank 3 or more (batch, time, …)", input) }
    return SymbolicShape([input[0]] + input.dimensions[2...])
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let outputs = try layer.outputShapes(for: [try step(inputs)])
    guard outputs.count == 1 else {
      throw ModelError(.shapeMismatch, "", "expected a layer of one output. Received: \(outputs.count) outputs")
    }
    return [SymbolicShape([inputs[0][0], inputs[0][1]] + outputs[0].dimensions.dropFirst())]
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    [Sublayer("layer", layer, inputs: [try step(inputs)])]
  }
}

// MARK: - Lowering

extension TimeDistributed {
  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let x = call.input
    let (batch, time) = (x.shape[0], x.shape[1])
    guard time > 0 else { throw ModelError(.shapeMismatch, "", "expected at least one step. Received: \(x.shape)") }
    if let mask = graph.mask(of: x), !mask.shape.starts(with: [batch, time]) {
      throw ModelError(.shapeMismatch, "", "expected a mask of shape (\(batch), \(time), …). Received: \(mask.shape)")
    }
    if try Self.needsSteps(layer, [try step([SymbolicShape(x.shape)])]) {
      return [try lowerStepByStep(call, into: &graph)]
    }
    let steps = try graph.mergingTime(x)
    graph.setMask(try graph.mask(of: x).map { mask throws(ModelError) in try graph.mergingTime(mask) }, of: steps)
    let output = try graph.lower(layer, named: "layer", call.inner("layer", inputs: [steps]))[0]
    return [try graph.reshape(output, to: Shape([batch, time] + output.shape.dropFirst()))]
  }

  /// Whether the layer, or one inside it, carries states from one call to the next, or mixes rows of the batch.
  private static func needsSteps(_ layer: any Layer, _ inputs: [SymbolicShape]) throws(ModelError) -> Bool {
    if let layer = layer as? any RecurrentLayer { return layer.sequence.stateful }
    if let layer = layer as? Lambda { return layer.mixesRows }
    for inner in try layer.sublayers(for: inputs) where try needsSteps(inner.layer, inner.inputs) { return true }
    return false
  }

  private func lowerStepByStep(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    let mask = graph.mask(of: call.input)
    var outputs: [Value] = []
    for time in 0..<call.input.shape[1] {
      let step = try graph.step(time, of: call.input)
      graph.setMask(try mask.map { mask throws(ModelError) in try graph.step(time, of: mask) }, of: step)
      let output = try graph.lower(layer, named: "layer", call.inner("layer", inputs: [step]))[0]
      outputs.append(try graph.reshape(output, to: Shape([output.shape[0], 1] + output.shape.dropFirst())))
    }
    return try graph.concatenate(outputs, axis: 1)
  }
}

extension GraphBuilder {
  /// `(batch, time, …)` as `(batch · time, …)`.
  fileprivate mutating func mergingTime(_ x: Value) throws(ModelError) -> Value {
    try reshape(x, to: Shape([x.shape[0] * x.shape[1]] + x.shape.dropFirst(2)))
  }

  /// Step `time` of `(batch, time, …)` as `(batch, …)`.
  fileprivate mutating func step(_ time: Int, of x: Value) throws(ModelError) -> Value {
    let step = try slice(x, axis: 1, start: time, count: 1)
    return try reshape(step, to: Shape([x.shape[0]] + x.shape.dropFirst(2)))
  }
}
