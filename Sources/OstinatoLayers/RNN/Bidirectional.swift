import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// A recurrent layer over a sequence from both ends.
///
/// - Input: `(batch, time, …)`, then the initial states, the forward layer's first; output: the forward and backward
///   outputs merged, or both with `mergeMode: nil`; with `returnState` the forward and then the backward states follow.
///   A sequence that ran backwards is turned round before merging.
/// - Mask: both layers see it, a masked step of a returned sequence gives zeros, and it travels on with a sequence.
/// - Reference: `keras/src/layers/rnn/bidirectional.py`.
public struct Bidirectional: Layer {
  /// How the two outputs become one.
  public enum MergeMode: String, Sendable, CaseIterable {
    case concat, sum, mul, ave
  }

  public static let className = "Bidirectional"
  public static let inputNames = ["sequences"]
  public static let laterArgumentNames = ["initial_state", "mask", "training"]
  public var options: LayerOptions
  /// The layer that goes forwards.
  public let forwardLayer: any RecurrentLayer
  /// The layer that goes backwards.
  public let backwardLayer: any RecurrentLayer
  /// nil to give both outputs.
  public let mergeMode: MergeMode?

  /// - Parameters:
  ///   - layer: the forward layer.
  ///   - backwardLayer: nil for the same layer with weights of its own, run backwards.
  public init(
    _ layer: any RecurrentLayer, mergeMode: MergeMode? = .concat, backwardLayer: (any RecurrentLayer)? = nil,
    name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.mergeMode = mergeMode
    self.forwardLayer = Self.prepared(layer)
    var backward = backwardLayer ?? layer
    if backwardLayer == nil { backward.sequence.goBackwards.toggle() }
    self.backwardLayer = Self.prepared(backward)
  }

  public init(config: LayerConfig) throws(ModelError) {
    let backward = config["backward_layer"] == nil ? nil : try Self.recurrent("backward_layer", config)
    let isAbsent = config.members["merge_mode"]?.isNull ?? false
    self.init(
      try Self.recurrent("layer", config),
      mergeMode: isAbsent ? nil : try config.choice("merge_mode", default: .concat),
      backwardLayer: backward)
    self.options = try LayerOptions(config: config)
  }

  private static func recurrent(_ key: String, _ config: LayerConfig) throws(ModelError) -> any RecurrentLayer {
    guard let layer = try config.layer(key) as? any RecurrentLayer else {
      throw config.failure(key, expected: "a recurrent layer")
    }
    return layer
  }

  /// Keras forces a masked step of a returned sequence to give zeros.
  private static func prepared(_ layer: any RecurrentLayer) -> any RecurrentLayer {
    var layer = layer
    layer.sequence.zeroOutputForMask = layer.sequence.returnSequences
    return layer
  }

  public var config: [String: JSONValue] {
    [
      "merge_mode": mergeMode.map { .string($0.rawValue) } ?? .null, "layer": JSONValue(forwardLayer),
      "backward_layer": JSONValue(backwardLayer),
    ]
  }

  private var returnsSequences: Bool { forwardLayer.sequence.returnSequences }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    try checkLayersMatch()
    let (sequence, given) = (Array(inputs.prefix(1)), Array(inputs.dropFirst()))
    let half = given.count / 2
    let forward = try forwardLayer.outputShapes(for: sequence + given[..<half])
    let backward = try backwardLayer.outputShapes(for: sequence + given[half...])
    let states = forward.dropFirst() + backward.dropFirst()
    guard let mergeMode else { return [forward[0], backward[0]] + states }
    var output = forward[0]
    if mergeMode == .concat {
      output[-1] = output[-1].flatMap { left in backward[0][-1].map { left + $0 } }
    } else if forward[0] != backward[0] {
      throw mismatch("outputs of one shape to merge by \(mergeMode)", backward[0])
    }
    return [output] + states
  }

  private func checkLayersMatch() throws(ModelError) {
    let (forward, backward) = (forwardLayer.sequence, backwardLayer.sequence)
    guard forward.goBackwards != backward.goBackwards else {
      throw ModelError(
        .malformedConfig, "", "expected layers of opposite `go_backwards`. Received: two of one direction")
    }
    let pairs = [
      ("return_sequences", forward.returnSequences, backward.returnSequences),
      ("return_state", forward.returnState, backward.returnState), ("stateful", forward.stateful, backward.stateful),
    ]
    if let (name, left, right) = pairs.first(where: { $0.1 != $0.2 }) {
      throw ModelError(.malformedConfig, "", "expected layers of one `\(name)`. Received: \(left) and \(right)")
    }
  }

  public func sublayers(for inputs: [SymbolicShape]) throws(ModelError) -> [Sublayer] {
    [
      Sublayer("forward_layer", forwardLayer, inputs: Array(inputs.prefix(1))),
      Sublayer("backward_layer", backwardLayer, inputs: Array(inputs.prefix(1))),
    ]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let states = call.keywords["initial_state"] ?? Array(call.inputs.dropFirst())
    let half = states.count / 2
    func inner(_ name: String, _ states: some Collection<Value>) -> LayerCall {
      call.keywords["initial_state"] == nil
        ? call.inner(name, inputs: [call.input] + states)
        : call.inner(name, inputs: [call.input], keywords: ["initial_state": Array(states)])
    }
    let forward = try graph.lower(forwardLayer, named: "forward_layer", inner("forward_layer", states.prefix(half)))
    let backward = try graph.lower(
      backwardLayer, named: "backward_layer", inner("backward_layer", states.dropFirst(half)))
    let turned = returnsSequences ? try graph.reverse(backward[0], axis: 1) : backward[0]
    var outputs = [forward[0], turned]
    if let mergeMode { outputs = [try merge(mergeMode, forward[0], turned, into: &graph)] }
    if returnsSequences, let mask = graph.mask(of: call.input) {
      for output in outputs { graph.setMask(mask, of: output) }
    }
    return outputs + forward.dropFirst() + backward.dropFirst()
  }

  private func merge(
    _ mode: MergeMode, _ forward: Value, _ backward: Value, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value {
    switch mode {
    case .concat: try graph.concatenate([forward, backward], axis: forward.shape.rank - 1)
    case .sum: try graph.combine(.add, forward, backward)
    case .mul: try graph.combine(.multiply, forward, backward)
    case .ave:
      try graph.apply(.affine(scale: 0.5, offset: 0), try graph.combine(.add, forward, backward))
    }
  }
}
