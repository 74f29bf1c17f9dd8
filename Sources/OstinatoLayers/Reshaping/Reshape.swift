import OstinatoGraph
import OstinatoTensors

/// Another shape for each batch row; one extent may be -1 and takes what is left.
///
/// - Input: `(batch, …)`; output: `(batch, targetShape…)`.
/// - Lowering: a view.
/// - Reference: `keras/src/layers/reshaping/reshape.py`.
public struct Reshape: Layer {
  public static let className = "Reshape"
  public var options: LayerOptions
  public let targetShape: [Int]

  public init(_ targetShape: [Int], name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.targetShape = targetShape
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    let shape = try config.optionalInts("target_shape")
    guard let shape, shape.allSatisfy({ $0 >= -1 && $0 <= LayerConfig.largestExtent }) else {
      throw config.failure("target_shape", expected: "extents, of which one may be -1")
    }
    self.targetShape = shape
  }

  public var config: [String: JSONValue] { ["target_shape": JSONValue(targetShape)] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    let row = SymbolicShape(Array(input.dimensions.dropFirst()))
    return [SymbolicShape([input[0]] + (try resolve(row.elementCount, input)))]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let shape = call.input.shape
    let row = try resolve(shape.dropFirst().reduce(1, *), SymbolicShape(shape)).map { $0 ?? 0 }
    return [try graph.reshape(call.input, to: try Shape(validating: [shape[0]] + row))]
  }

  /// The target with -1 replaced, for rows of `count` elements where that is known.
  private func resolve(_ count: Int?, _ input: SymbolicShape) throws(ModelError) -> [Int?] {
    let known = SymbolicShape(targetShape.filter { $0 != -1 })
    let free = targetShape.filter { $0 == -1 }.count
    guard let product = known.elementCount, free <= 1 else {
      throw mismatch("a target shape with at most one -1", SymbolicShape(targetShape))
    }
    guard let count else { return targetShape.map { $0 == -1 ? nil : $0 } }
    guard free == 0 ? product == count : product > 0 && count.isMultiple(of: product) else {
      throw mismatch("rows whose elements fill \(targetShape)", input)
    }
    return targetShape.map { $0 == -1 ? count / product : $0 }
  }
}
