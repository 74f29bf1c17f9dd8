import OstinatoGraph
import OstinatoTensors

/// Whole numbers or strings as the number of the bin that their hash falls into.
///
/// - Input: any shape; strings only as an input of the model. Output: int32 of the same shape (Keras' int64, which bins
///   do not need), or rows as ``CategoryOutputMode`` makes them.
/// - Lowering: numbers are hashed in the program, as their digits; strings before it runs, see ``StringSource``.
/// - Reference: `keras/src/layers/preprocessing/hashing.py`.
public struct Hashing: Layer {
  public static let className = "Hashing"
  public var options: LayerOptions
  public let numBins: Int
  /// What goes to bin 0, which nothing else goes to then: a number or a string.
  public let maskValue: JSONValue?
  public let hasher: StringHasher
  public let outputMode: CategoryOutputMode

  /// - Parameters:
  ///   - maskValue: what goes to bin 0, alone.
  ///   - salt: two whole numbers: SipHash64 under this key instead of FarmHash64.
  public init(
    numBins: Int, maskValue: JSONValue? = nil, salt: [Int]? = nil, outputMode: CategoryOutputMode = .int,
    name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.numBins = numBins
    self.maskValue = maskValue
    self.hasher = StringHasher(salt: salt)
    self.outputMode = outputMode
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.numBins = try config.positiveInt("num_bins")
    self.maskValue = config["mask_value"]
    self.hasher = try StringHasher(config: config)
    self.outputMode = try config.outputMode(default: .int, allowed: [.int, .oneHot, .multiHot, .count])
  }

  public var config: [String: JSONValue] {
    [
      "num_bins": .int(numBins), "mask_value": maskValue ?? .null, "salt": hasher.config,
      "output_mode": .string(outputMode.rawValue), "sparse": .bool(false),
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [try outputMode.outputShape(for: try onlyInput(inputs), depth: numBins)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let bins: Value
    if call.input.dataType == .string {
      bins = try graph.readStrings([call.input]) { inputs throws(ModelError) in
        Tensor(try inputs[0].tokens().map(bin), shape: inputs[0].shape)
      }
    } else {
      bins = try graph.addOne(IntegerMap("hash") { bin($0[0]) }, try graph.asInteger(call.input))
    }
    return [try outputMode.lower(bins, depth: numBins, into: &graph)]
  }

  private func bin<Token: LookupToken>(_ token: Token) -> Int32 {
    guard let maskValue, numBins > 1 else { return hasher.bucket(token.bytes, of: numBins) }
    return Token(maskValue) == token ? 0 : hasher.bucket(token.bytes, of: numBins - 1) + 1
  }
}
