import OstinatoGraph
import OstinatoTensors

/// `x` brought to length 1 over one axis or several together; a length below 1e-12 counts as that.
///
/// - Input: any shape; output: the same shape.
/// - Reference: `keras/src/layers/normalization/unit_normalization.py`.
public struct UnitNormalization: NormalizedAxes {
  public static let className = "UnitNormalization"
  public var options: LayerOptions
  public let axes: [Int]
  public let passesMask = true

  /// - Parameter axes: the axes over which the length is taken.
  public init(axes: [Int] = [-1], name: String? = nil) {
    self.options = LayerOptions(name: name)
    self.axes = axes.sorted()
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.axes = (try config.optionalInts("axis") ?? [-1]).sorted()
  }

  public var config: [String: JSONValue] { ["axis": axes.count == 1 ? .int(axes[0]) : JSONValue(axes)] }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    [try normalize(call.input, .length(floor: 1e-12), scale: nil, shift: nil, into: &graph)]
  }
}
