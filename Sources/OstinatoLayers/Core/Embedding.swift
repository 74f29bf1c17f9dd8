import OstinatoGraph
import OstinatoTensors

/// Rows of a table by their numbers.
///
/// - Input: whole numbers `(batch, …)`; output: `(batch, …, outputDim)`.
/// - Mask: with `maskZero`, every index but 0 is valid.
/// - Lowering: one gather. An index outside the table stops the prediction with an error.
/// - Reference: `keras/src/layers/core/embedding.py`.
public struct Embedding: Layer {
  public static let className = "Embedding"
  public var options: LayerOptions
  public let inputDim: Int
  public let outputDim: Int
  public let maskZero: Bool
  public let embeddingsInitializer: Initializer

  /// - Parameters:
  ///   - inputDim: the number of rows: the largest index plus one.
  ///   - outputDim: the length of a row.
  ///   - maskZero: whether index 0 marks a step that does not exist.
  public init(
    _ inputDim: Int, _ outputDim: Int, maskZero: Bool = false,
    embeddingsInitializer: Initializer = .randomUniform(), name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.inputDim = inputDim
    self.outputDim = outputDim
    self.maskZero = maskZero
    self.embeddingsInitializer = embeddingsInitializer
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.inputDim = try config.positiveInt("input_dim")
    self.outputDim = try config.positiveInt("output_dim")
    self.maskZero = try config.bool("mask_zero", default: false)
    self.embeddingsInitializer = .randomUniform()
  }

  public var config: [String: JSONValue] {
    ["input_dim": .int(inputDim), "output_dim": .int(outputDim), "mask_zero": .bool(maskZero)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [SymbolicShape(try onlyInput(inputs).dimensions + [outputDim])]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    [Variable("embeddings", [inputDim, outputDim], embeddingsInitializer)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let indices = try graph.asInteger(call.input)
    let output = try graph.gather(try graph.weight("embeddings", 0, of: call), indices: indices)
    if maskZero {
      let zero = try graph.constant("zero") { () throws(ModelError) in Tensor(scalar: Float(0)) }
      graph.setMask(try graph.combine(.notEqual, indices, zero), of: output)
    }
    return [output]
  }
}
