import OstinatoGraph
import OstinatoTensors

/// The values that images may have.
public struct ValueRange: Sendable, Hashable {
  public let minimum: Float
  public let maximum: Float

  /// Values from `minimum` to `maximum`.
  public init(_ minimum: Float, _ maximum: Float) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// 0 to 255: what image operations compute with.
  public static let bytes = ValueRange(0, 255)

  var config: JSONValue { .array([.double(Double(minimum)), .double(Double(maximum))]) }
}

extension LayerConfig {
  /// The two numbers of `value_range`.
  func valueRange() throws(ModelError) -> ValueRange {
    let numbers = try optionalFloats("value_range") ?? [0, 255]
    guard numbers.count == 2, numbers[0] != numbers[1] else { throw failure("value_range", expected: "two numbers") }
    return ValueRange(numbers[0], numbers[1])
  }
}

extension GraphBuilder {
  /// `x` with its values moved from one range to another.
  mutating func convert(_ x: Value, from source: ValueRange, to target: ValueRange) throws(ModelError) -> Value {
    guard source != target else { return x }
    let shifted = try apply(.affine(scale: 1, offset: -source.minimum), x)
    let unit = try combine(.divide, shifted, try scalar(source.maximum - source.minimum))
    return try apply(.affine(scale: target.maximum - target.minimum, offset: target.minimum), unit)
  }
}
