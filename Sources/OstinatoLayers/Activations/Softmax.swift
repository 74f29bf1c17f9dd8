import OstinatoGraph
import OstinatoTensors

/// Softmax over one axis or over several together.
///
/// - Input: any shape; output: the same shape.
/// - Mask: masked elements count as −1e9 before and are 0 after.
/// - Reference: `keras/src/layers/activations/softmax.py`.
public struct Softmax: Layer {
  public static let className = "Softmax"
  public static let laterArgumentNames = ["mask"]
  public var options: LayerOptions
  public let axes: [Int]
  public let passesMask = true

  /// - Parameter axis: the axis that sums to 1.
  public init(axis: Int = -1, name: String? = nil) {
    self.init(axes: [axis], name: name)
  }

  /// - Parameter axes: the axes that sum to 1 together.
  public init(axes: [Int], name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.axes = axes
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.axes = try config.optionalInts("axis") ?? [-1]
  }

  public var config: [String: JSONValue] { ["axis": axes.count == 1 ? .int(axes[0]) : JSONValue(axes)] }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    [try onlyInput(inputs)]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    guard let mask = graph.mask(of: call.input) else { return [try softmax(call.input, into: &graph)] }
    let hidden = try graph.constant("masked") { () throws(ModelError) in Tensor(scalar: Float(-1e9)) }
    let zero = try graph.constant("zero") { () throws(ModelError) in Tensor(scalar: Float(0)) }
    let weights = try softmax(try graph.select(mask, call.input, hidden), into: &graph)
    return [try graph.select(mask, weights, zero)]
  }

  /// Several axes are brought to the end, made one, and brought back.
  private func softmax(_ x: Value, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    let joint = try axes.map { axis throws(ModelError) in try x.shape.axis(axis) }.sorted()
    if joint.contains(0) { graph.mixBatch() }
    guard joint.count > 1 else { return try graph.apply(.softmax, x, axis: joint.first ?? x.shape.rank - 1) }
    let order = x.shape.indices.filter { !joint.contains($0) } + joint
    let moved = try graph.transpose(x, order)
    let kept = moved.shape.dropLast(joint.count)
    let rows = try graph.reshape(moved, to: Shape(kept + [joint.reduce(1) { $0 * x.shape[$1] }]))
    let result = try graph.reshape(try graph.apply(.softmax, rows, axis: kept.count), to: moved.shape)
    return try graph.transpose(result, order.indices.map { order.firstIndex(of: $0) ?? $0 })
  }
}
