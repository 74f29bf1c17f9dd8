import OstinatoGraph
import OstinatoTensors

/// Several features as the number of the bin that their combination falls into.
///
/// - Inputs: two or more, whole numbers or strings, `(batch,)` or `(batch, 1)`; strings only where all are inputs of the
///   model. Output: int32 of the same shape (Keras' int64, which bins do not need), or one-hot rows.
/// - Lowering: numbers are crossed in the program, strings before it runs; see ``StringSource``.
/// - Reference: `keras/src/layers/preprocessing/hashed_crossing.py`; TensorFlow's `SparseCross`.
public struct HashedCrossing: Layer {
  public static let className = "HashedCrossing"
  public var options: LayerOptions
  public let numBins: Int
  public let outputMode: CategoryOutputMode

  public init(numBins: Int, outputMode: CategoryOutputMode = .int, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.numBins = numBins
    self.outputMode = outputMode
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.numBins = try config.positiveInt("num_bins")
    self.outputMode = try config.outputMode(default: .int, allowed: [.int, .oneHot])
  }

  public var config: [String: JSONValue] {
    ["num_bins": .int(numBins), "output_mode": .string(outputMode.rawValue), "sparse": .bool(false)]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard let first = inputs.first, inputs.count > 1, inputs.allSatisfy({ $0 == first }) else {
      throw ModelError(.shapeMismatch, "", "expected two or more inputs of one shape. Received: \(inputs)")
    }
    guard first.rank == 1 || first.rank == 2 && first[1] == 1 else { throw mismatch("(batch,) or (batch, 1)", first) }
    return [try outputMode.outputShape(for: first, depth: numBins)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let bins: Value
    if call.inputs.contains(where: { $0.dataType == .string }) {
      bins = try graph.readStrings(call.inputs) { inputs in cross(inputs) }
    } else {
      let numbers = try call.inputs.map { input throws(ModelError) in try graph.asInteger(input) }
      bins = try graph.add(IntegerMap("cross") { bin($0.map(Self.fingerprint)) }, numbers)[0]
    }
    return [try outputMode.lower(bins, depth: numBins, into: &graph)]
  }

  private func cross(_ inputs: [Tensor]) -> Tensor {
    let features = inputs.map { input in
      input.dataType == .string
        ? StringToken.tokens(of: input).map { farmHash64($0.bytes) } : input.int32s.map(Self.fingerprint)
    }
    let bins = (0..<inputs[0].elementCount).map { row in bin(features.map { $0[row] }) }
    return Tensor(bins, shape: inputs[0].shape)
  }

  private static func fingerprint(_ number: Int32) -> UInt64 { UInt64(bitPattern: Int64(number)) }

  private func bin(_ features: [UInt64]) -> Int32 {
    Int32(truncatingIfNeeded: features.reduce(Self.seed, concatenatedFingerprint) % UInt64(numBins))
  }

  /// TensorFlow's `_DEFAULT_HASH_KEY`.
  private static let seed: UInt64 = 0xdeca_fcaf_fe
}
