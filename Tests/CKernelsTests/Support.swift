import CKernels
import KernelFences
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Floats between two guard zones, at an address that is not a multiple of a vector's size.
final class Guarded {
  private static let guardCount = 32
  private static let canary: Float = 1234.5

  private let storage: UnsafeMutablePointer<Float>
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(_ values: [Float], misalignment: Int = 1) {
    count = values.count
    let capacity = values.count + 2 * Self.guardCount + misalignment
    storage = .allocate(capacity: capacity)
    storage.initialize(repeating: Self.canary, count: capacity)
    pointer = storage + Self.guardCount + misalignment
    pointer.update(from: values, count: values.count)
  }

  convenience init(count: Int, misalignment: Int = 1) {
    self.init([Float](repeating: .nan, count: count), misalignment: misalignment)
  }

  deinit { storage.deallocate() }

  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Whether nothing was written outside the values.
  var isIntact: Bool {
    (1...Self.guardCount).allSatisfy { pointer[-$0] == Self.canary && pointer[count + $0 - 1] == Self.canary }
  }
}

/// A small seeded generator (SplitMix64), so that a failure repeats.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// Error of `value` in units in the last place of the nearest float to `exact`.
func ulps(_ value: Float, _ exact: Double) -> Double {
  let nearest = Float(exact)
  if exact.isNaN || value.isNaN { return exact.isNaN && value.isNaN ? 0 : .infinity }
  if nearest.isInfinite || value.isInfinite { return nearest == value ? 0 : .infinity }
  return abs(Double(value) - exact) / Double(nearest.ulp)
}

/// Largest distance of two arrays, relative to 1 + |expected|; infinite where only one of a pair is NaN.
func worstDifference(_ values: [Float], _ expected: [Float]) -> Float {
  zip(values, expected).reduce(0) { worst, pair in
    if pair.0.isNaN || pair.1.isNaN { return pair.0.isNaN && pair.1.isNaN ? worst : .infinity }
    return max(worst, abs(pair.0 - pair.1) / (1 + abs(pair.1)))
  }
}

extension Array where Element == Float {
  /// The bit patterns, to compare without a tolerance.
  var bits: [UInt32] { map(\.bitPattern) }
}

extension Level: CustomTestStringConvertible {
  public var testDescription: String { description }
}

extension ck_activation: @retroactive CustomTestStringConvertible {
  /// The name of the kind.
  public var testDescription: String { "\(kind)" }
}

/// Lengths that meet every tail of every vector width, and a few long ones.
let lengths = Array(0...67) + [127, 1000, 4099]
