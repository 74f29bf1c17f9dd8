import OstinatoGraph
import OstinatoTensors

/// Channels in groups, each group of each row brought to mean 0 and variance 1 over its channels and all places.
///
/// - Input: any shape whose channels are known; output: the same shape.
/// - Lowering: channels are brought to the front of a row and cut into groups, one pass over the groups as rows, back,
///   and one affine over the channels.
/// - Reference: `keras/src/layers/normalization/group_normalization.py`.
public struct GroupNormalization: Layer {
  public static let className = "GroupNormalization"
  public var options: LayerOptions
  /// The number of groups; -1 for one per channel.
  public let groups: Int
  public let axis: Int
  public let epsilon: Float
  public let center: Bool
  public let scale: Bool
  public let passesMask = true

  /// - Parameters:
  ///   - groups: how many groups there are; -1 for one per channel.
  ///   - axis: the axis of the channels.
  public init(
    groups: Int = 32, axis: Int = -1, epsilon: Float = 1e-3, center: Bool = true, scale: Bool = true,
    name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.groups = groups
    self.axis = axis
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.groups = try config.int("groups", default: 32)
    guard groups == -1 || groups > 0 else { throw config.failure("groups", expected: "a positive integer or -1") }
    self.axis = try config.int("axis", default: -1)
    self.epsilon = try config.float("epsilon", default: 1e-3)
    self.center = try config.bool("center", default: true)
    self.scale = try config.bool("scale", default: true)
  }

  public var config: [String: JSONValue] {
    [
      "groups": .int(groups), "axis": .int(axis), "epsilon": .double(Double(epsilon)), "center": .bool(center),
      "scale": .bool(scale),
    ]
  }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard (-input.rank..<input.rank).contains(axis), let channels = input[axis],
      groups == -1 || channels.isMultiple(of: groups)
    else { throw mismatch("an input whose axis \(axis) divides into \(groups) groups", input) }
    return [input]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let channels = SymbolicShape([try outputShapes(for: inputs)[0][axis]])
    return (scale ? [Variable("gamma", channels, .ones)] : []) + (center ? [Variable("beta", channels, .zeros)] : [])
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let shape = call.input.shape
    let axis = try shape.axis(axis)
    let (batch, channels) = (shape[0], shape[axis])
    let groups = groups == -1 ? channels : groups
    // Rows of groups: (batch, channels, places…) seen as (batch, groups, …).
    let front = [0, axis] + shape.indices.filter { $0 != 0 && $0 != axis }
    let moved = try graph.transpose(try graph.asFloat(call.input), front)
    let places = moved.shape.dropFirst(2).reduce(1, *)
    let rows = try graph.reshape(moved, to: [batch, groups, groups == 0 ? 0 : channels / groups * places])
    let normal = try graph.normalize(.standard(epsilon: epsilon), rows, axes: [2])
    let channelRows = try graph.transpose(try graph.reshape(normal, to: [batch, channels, places]), [0, 2, 1])
    let variables = call.weights.variables
    let scaled = try graph.affine(
      channelRows, scale: scale ? variables.first : nil, shift: center ? variables.last : nil)
    let last = try graph.reshape(scaled, to: Shape([batch] + moved.shape.dropFirst(2) + [channels]))
    return [try graph.moveFromEnd(last, to: axis)]
  }
}
