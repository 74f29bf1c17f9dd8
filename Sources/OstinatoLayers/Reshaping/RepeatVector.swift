import OstinatoGraph
import OstinatoTensors

/// A vector as every step of a sequence.
///
/// - Input: `(batch, features)`; output: `(batch, n, features)`.
/// - Lowering: one strided copy.
/// - Reference: `keras/src/layers/reshaping/repeat_vector.py`.
public struct RepeatVector: Layer {
  public static let className = "RepeatVector"
  public var options: LayerOptions
  public let n: Int

  /// - Parameter n: the number of steps.
  public init(_ n: Int, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.n = n
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.n = try config.positiveInt("n")
  }

  public var config: [String: JSONValue] { ["n": .int(n)] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard input.rank == 2 else { throw mismatch("input of rank 2 (batch, features)", input) }
    return [[input[0], n, input[1]]]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let (batch, features) = (call.input.shape[0], call.input.shape[1])
    let step = try graph.reshape(call.input, to: [batch, 1, features])
    return [try graph.broadcast(step, to: try Shape(validating: [batch, n, features]))]
  }
}
