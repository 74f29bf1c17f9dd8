import OstinatoGraph
import OstinatoTensors

/// The products of two inputs, row by row of the batch, summed over an axis of each.
///
/// - Inputs: `(batch, …)` twice, as long along their axes; output: the other axes of the first, then of the second, and
///   one of extent 1 where none is left.
/// - Lowering: one product of matrices per row.
/// - Reference: `keras/src/layers/merging/dot.py`.
public struct Dot: Layer {
  public static let className = "Dot"
  public var options: LayerOptions
  /// The axis of each input.
  public let axes: [Int]
  public let normalize: Bool

  /// - Parameters:
  ///   - axes: the axis of the first and of the second input.
  ///   - normalize: whether both are brought to length 1 along their axes first: the result is the cosine.
  public init(axes: (Int, Int), normalize: Bool = false, name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.axes = [axes.0, axes.1]
    self.normalize = normalize
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    guard let axes = try config.optionalInts("axes"), (1...2).contains(axes.count) else {
      throw config.failure("axes", expected: "one axis or two")
    }
    self.axes = [axes[0], axes[axes.count - 1]]
    self.normalize = try config.bool("normalize", default: false)
  }

  public var config: [String: JSONValue] {
    ["axes": axes[0] == axes[1] ? .int(axes[0]) : JSONValue(axes), "normalize": .bool(normalize)]
  }

  /// The axes counted from the front.
  private func axes(of ranks: [Int]) throws(ModelError) -> [Int] {
    guard ranks.count == 2 else {
      throw ModelError(.shapeMismatch, "", "expected two inputs. Received: \(ranks.count)")
    }
    let front = zip(axes, ranks).map { $0 < 0 ? $0 + $1 : $0 }
    guard zip(front, ranks).allSatisfy({ $0 > 0 && $0 < $1 }) else {
      throw ModelError(
        .shapeMismatch, "", "expected inputs with axes \(axes), none the batch's. Received ranks \(ranks)")
    }
    return front
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let axes = try axes(of: inputs.map(\.rank))
    let (left, right) = (inputs[0][axes[0]], inputs[1][axes[1]])
    guard left == nil || right == nil || left == right else {
      throw ModelError(.shapeMismatch, "", "expected axes of equal extent. Received: \(inputs[0]) and \(inputs[1])")
    }
    var (a, b) = (inputs[0].dimensions, inputs[1].dimensions)
    a.remove(at: axes[0])
    b.remove(at: axes[1])
    let result = a + b.dropFirst()
    return [SymbolicShape(result.count == 1 ? result + [1] : result)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let axes = try axes(of: call.inputs.map(\.shape.rank))
    var sides: [Value] = []
    for (input, axis) in zip(call.inputs, axes) {
      // Keras' `normalize` keeps the length above 1e-7.
      let side = try normalize ? graph.normalize(.length(floor: 1e-7), input, axes: [axis]) : input
      let rows = try graph.moveToEnd(axis, of: side)
      let width = rows.shape.dropFirst().dropLast().reduce(1, *)
      sides.append(try graph.reshape(rows, to: [input.shape[0], width, input.shape[axis]]))
    }
    let product = try graph.matmul(sides[0], sides[1], transposeB: true)
    let shape = try outputShapes(for: call.inputs.map { SymbolicShape($0.shape) })[0]
    return [try graph.reshape(product, to: Shape(shape.dimensions.map { $0 ?? 0 }))]
  }
}
