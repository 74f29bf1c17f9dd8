import OstinatoGraph
import OstinatoTensors

/// Marks the steps of a sequence that are not there: those whose features all are `maskValue`.
///
/// - Input: `(batch, …, features)`; output: the same with zeros in the masked steps.
/// - Mask: `(batch, …)`, whatever mask came with the input.
/// - Lowering: a comparison, a reduction and a select.
/// - Reference: `keras/src/layers/core/masking.py`.
public struct Masking: Layer {
  public static let className = "Masking"
  public var options: LayerOptions
  public let maskValue: Float

  /// - Parameter maskValue: what every feature of a masked step is.
  public init(maskValue: Float = 0, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.maskValue = maskValue
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.maskValue = try config.float("mask_value", default: 0)
  }

  public var config: [String: JSONValue] { ["mask_value": .double(Double(maskValue))] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard input.rank >= 2 else { throw mismatch("an input of rank 2 or more", input) }
    return [input]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let x = try graph.asFloat(call.input)
    let maskValue = maskValue
    let masked = try graph.constant("mask_value") { () throws(ModelError) in Tensor(scalar: maskValue) }
    let zero = try graph.constant("zero") { () throws(ModelError) in Tensor(scalar: Float(0)) }
    let isThere = try graph.combine(.notEqual, x, masked)
    let mask = try graph.reduce(.any, isThere, axes: [x.shape.rank - 1])
    let output = try graph.select(try graph.reshape(mask, to: Shape(mask.shape + [1])), x, zero)
    graph.setMask(mask, of: output)
    return [output]
  }
}
