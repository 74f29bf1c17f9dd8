import OstinatoTensors

/// A tensor that does not exist yet: what a layer gives when it is called while a functional model is described.
///
/// Nothing is checked before the model is made from its inputs and outputs.
public struct KerasTensor: Sendable {
  /// One use of a layer.
  final class Call: Sendable {
    let layer: any Layer
    let inputs: [KerasTensor]
    let keywords: [String: [KerasTensor]]
    let masks: [KerasTensor?]
    let constants: [String: JSONValue]

    init(
      _ layer: any Layer, _ inputs: [KerasTensor], keywords: [String: [KerasTensor]] = [:], masks: [KerasTensor?] = [],
      constants: [String: JSONValue] = [:]
    ) {
      self.layer = layer
      self.inputs = inputs
      self.keywords = keywords
      self.masks = masks
      self.constants = constants
    }
  }

  let call: Call
  /// Which of the layer's outputs this is.
  let output: Int
}

/// What a layer can be called on: a ``KerasTensor`` or an ``InputLayer``.
public protocol SymbolicTensor: Sendable {
  /// The tensor.
  var kerasTensor: KerasTensor { get }
}

extension KerasTensor: SymbolicTensor {
  /// Itself.
  public var kerasTensor: KerasTensor { self }
}

extension InputLayer: SymbolicTensor {
  /// The tensor that stands for the model's input.
  public var kerasTensor: KerasTensor { KerasTensor(call: KerasTensor.Call(self, []), output: 0) }
}

extension Layer {
  /// Calls the layer on one tensor: `Dense(4)(x)`. Calling the same layer again shares its weights.
  public func callAsFunction(_ input: any SymbolicTensor) -> KerasTensor {
    callAsFunction([input])
  }

  /// Calls the layer on several tensors: `Add()([x, y])`.
  public func callAsFunction(_ inputs: [any SymbolicTensor]) -> KerasTensor {
    KerasTensor(call: KerasTensor.Call(self, inputs.map(\.kerasTensor)), output: 0)
  }

  /// Calls a layer of several outputs: `LSTM(8, returnState: true).outputs(of: [x], count: 3)`.
  /// - Parameters:
  ///   - count: how many outputs there are; the model checks it.
  ///   - initialState: the states that a recurrent layer starts from.
  ///   - mask: a mask `(batch, time)` for the first input.
  ///   - keywords: other tensors that the layer takes by Keras' names, such as `attention_mask`.
  ///   - constants: arguments of the call that are no tensors, by Keras' names, such as `use_causal_mask`.
  public func outputs(
    of inputs: [any SymbolicTensor], count: Int, initialState: [any SymbolicTensor] = [],
    mask: (any SymbolicTensor)? = nil, keywords: [String: any SymbolicTensor] = [:],
    constants: [String: JSONValue] = [:]
  ) -> [KerasTensor] {
    var tensors = keywords.mapValues { [$0.kerasTensor] }
    if !initialState.isEmpty { tensors["initial_state"] = initialState.map(\.kerasTensor) }
    let call = KerasTensor.Call(
      self, inputs.map(\.kerasTensor), keywords: tensors, masks: mask.map { [$0.kerasTensor] } ?? [],
      constants: constants)
    return (0..<count).map { KerasTensor(call: call, output: $0) }
  }
}
