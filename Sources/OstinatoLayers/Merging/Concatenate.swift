import OstinatoGraph
import OstinatoTensors

/// The inputs one after another along an axis.
///
/// - Inputs: shapes that agree except along `axis`; output: their extents along `axis` summed.
/// - Mask: valid where every feature of every input is; an input without a mask counts as valid throughout.
/// - Reference: `keras/src/layers/merging/concatenate.py`.
public struct Concatenate: Layer {
  public static let className = "Concatenate"
  public var options: LayerOptions
  public let axis: Int

  public init(axis: Int = -1, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.axis = axis
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.axis = try config.int("axis", default: -1)
  }

  public var config: [String: JSONValue] { ["axis": .int(axis)] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard var result = inputs.first, (-result.rank..<result.rank).contains(axis) else {
      throw ModelError(.shapeMismatch, "", "expected inputs with axis \(axis). Received: \(inputs)")
    }
    let axis = axis < 0 ? axis + result.rank : axis
    for input in inputs.dropFirst() {
      guard input.rank == result.rank else { throw mismatch("inputs of rank \(result.rank)", input) }
      for index in 0..<result.rank where index != axis {
        guard result[index] == nil || input[index] == nil || result[index] == input[index] else {
          throw ModelError(
            .shapeMismatch, "", "expected inputs that agree except along axis \(axis). Received: \(result) and \(input)"
          )
        }
        result[index] = result[index] ?? input[index]
      }
      result[axis] = result[axis].flatMap { left in input[axis].map { left + $0 } }
    }
    return [result]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let axis = try call.input.shape.axis(axis)
    if axis == 0 { graph.mixBatch() }
    let output = try graph.concatenate(call.inputs, axis: axis)
    graph.setMask(try mask(call.inputs, axis, into: &graph), of: output)
    return [output]
  }

  /// The masks, spread over the features, concatenated like the values, and reduced again.
  private func mask(
    _ inputs: [Value], _ axis: Int, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value? {
    guard inputs.contains(where: { graph.mask(of: $0) != nil }) else { return nil }
    let one = try graph.constant("one") { () throws(ModelError) in Tensor(scalar: Float(1)) }
    var spread: [Value] = []
    for input in inputs {
      let mask = graph.mask(of: input) ?? one
      let missing = mask == one ? 0 : input.shape.rank - mask.shape.rank
      let aligned = try graph.reshape(mask, to: Shape(mask.shape + [Int](repeating: 1, count: missing)))
      spread.append(try graph.broadcast(aligned, to: input.shape))
    }
    let joined = try graph.concatenate(spread, axis: axis)
    return try graph.reduce(.all, joined, axes: [joined.shape.rank - 1])
  }
}
