import OstinatoGraph
import OstinatoTensors

/// Dropout, which does nothing at inference.
///
/// - Input: any shape; output: the input as it is.
/// - Lowering: nothing.
/// - Reference: `keras/src/layers/regularization/dropout.py`.
public struct Dropout: Layer {
  public static let className = "Dropout"
  public var options: LayerOptions
  public let rate: Float
  public let passesMask = true

  /// - Parameter rate: the share of elements that training drops.
  public init(_ rate: Float, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.rate = rate
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.rate = try config.float("rate", default: 0.5)
  }

  public var config: [String: JSONValue] { ["rate": .double(Double(rate))] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] { inputs }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] { call.inputs }
}
