import OstinatoGraph
import OstinatoTensors

/// Whole numbers as their places in a vocabulary, or the way back.
///
/// - Input: whole numbers, any shape; output: int32 of the same shape, or rows as ``CategoryOutputMode`` makes them.
/// - Lowering: one look-up, then a bincount unless the output is `int`.
/// - Reference: `keras/src/layers/preprocessing/integer_lookup.py`.
public struct IntegerLookup: LookupLayer {
  public static let className = "IntegerLookup"
  public var options: LayerOptions
  public let arguments: LookupArguments<Int32>

  public init(
    vocabulary: [Int32], numOOVIndices: Int = 1, maskToken: Int32? = nil, outputMode: CategoryOutputMode = .int,
    invert: Bool = false, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    var arguments = LookupArguments<Int32>(vocabulary: vocabulary, oovToken: -1)
    arguments.numOOVIndices = numOOVIndices
    arguments.maskToken = maskToken
    arguments.outputMode = outputMode
    arguments.invert = invert
    self.arguments = arguments
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.arguments = try LookupArguments(config: config, oovToken: -1, maskToken: nil)
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let (table, input) = (try table(call, &graph), try graph.asInteger(call.input))
    guard !arguments.invert else {
      let tokens = table.allTokens
      return [try graph.addOne(IntegerMap("look-up") { tokens[Int(table.place(of: $0[0]))] }, input)]
    }
    let objection: @Sendable (Int32) -> String? = { table.number(of: $0) == nil ? table.objection(to: $0) : nil }
    let lookUp = IntegerMap("look-up", objection: arguments.numOOVIndices == 0 ? objection : nil) {
      table.number(of: $0[0]) ?? 0
    }
    return [try encode(try graph.addOne(lookUp, input), call, into: &graph)]
  }
}
