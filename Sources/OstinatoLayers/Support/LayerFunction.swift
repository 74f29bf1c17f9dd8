import OstinatoGraph
import OstinatoTensors

/// What a layer computes, written in Swift on tensors: for a class of your own or a ``Lambda`` in a model file.
///
/// ```swift
/// let scale = LayerFunction(
///   weights: { config, inputs in [Variable("factor", [inputs[0][-1]], .ones)] }
/// ) { call in
///   let factors = call.weights[0].floats
///   let scaled = call.input.floats.enumerated().map { $1 * factors[$0 % factors.count] }
///   return [Tensor(scaled, shape: call.input.shape)]
/// }
/// let model = try Model(contentsOf: "model.keras", registry: .keras.adding("Scale", scale))
/// ```
///
/// The function runs on any thread, also on several at once. The same input must give the same output.
public struct LayerFunction: Sendable {
  /// One run of the function.
  public struct Call: Sendable {
    /// The inputs, the batch first in each; float32 or int32.
    public let inputs: [Tensor]
    /// The layer's weights, in the order in which they are declared.
    public let weights: [Tensor]
    /// The layer's arguments in the model file: what the class's `get_config` gives.
    public let config: LayerConfig

    /// The first input.
    public var input: Tensor { inputs[0] }
  }

  let weights: @Sendable (_ config: LayerConfig, _ inputs: [SymbolicShape]) throws -> [Variable]
  let outputShapes: @Sendable (_ config: LayerConfig, _ inputs: [SymbolicShape]) throws -> [SymbolicShape]
  let mixesRows: Bool
  let passesMask: Bool
  let body: @Sendable (Call) throws -> [Tensor]

  /// - Parameters:
  ///   - weights: the weights that the layer has in the file, in Keras' order.
  ///   - outputShapes: the shapes of the outputs, the batch first; without it there is one output of the first input's
  ///     shape. Extents that are not known are nil.
  ///   - mixesRows: whether a row of the output may depend on other rows of the batch. The function is then given the
  ///     batch as a whole; otherwise it may be given any part of it.
  ///   - passesMask: whether a mask on the first input travels on, as Keras' `supports_masking` lets it.
  ///   - body: the outputs, float32; whole numbers are converted. What it throws, the prediction throws, with the
  ///     layer's path in front.
  public init(
    weights: @escaping @Sendable (_ config: LayerConfig, _ inputs: [SymbolicShape]) throws -> [Variable] = { _, _ in []
    },
    outputShapes: @escaping @Sendable (_ config: LayerConfig, _ inputs: [SymbolicShape]) throws -> [SymbolicShape] = {
      Array($1.prefix(1))
    },
    mixesRows: Bool = true, passesMask: Bool = false, body: @escaping @Sendable (Call) throws -> [Tensor]
  ) {
    self.weights = weights
    self.outputShapes = outputShapes
    self.mixesRows = mixesRows
    self.passesMask = passesMask
    self.body = body
  }
}
