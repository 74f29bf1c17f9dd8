import OstinatoGraph
import OstinatoTensors

/// The axes of each batch row in another order.
///
/// - Input: `(batch, d₁ … dₙ)`; output: `(batch, d_dims₁ … d_dimsₙ)`.
/// - Lowering: one transposition, or a view where nothing moves in memory.
/// - Reference: `keras/src/layers/reshaping/permute.py`.
public struct Permute: Layer {
  public static let className = "Permute"
  public var options: LayerOptions
  public let dims: [Int]

  /// - Parameter dims: the axes of the input, counted from 1 without the batch: `[2, 1]` swaps two.
  public init(_ dims: [Int], name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.dims = dims
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    guard let dims = try config.optionalInts("dims"), !dims.isEmpty, dims.sorted() == Array(1...dims.count) else {
      throw config.failure("dims", expected: "the axes from 1, each once")
    }
    self.dims = dims
  }

  public var config: [String: JSONValue] { ["dims": JSONValue(dims)] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard input.rank == dims.count + 1, dims.sorted() == Array(1..<input.rank) else {
      throw mismatch("an input of rank \(dims.count + 1) for dims=\(dims)", input)
    }
    return [SymbolicShape([input[0]] + dims.map { input[$0] })]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [try graph.transpose(call.input, [0] + dims)]
  }
}
