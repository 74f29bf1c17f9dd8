#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A function of two numbers, applied to pairs of elements. Comparisons and logic give 1 or 0.
package enum BinaryFunction: String, Sendable, Hashable {
  case add, subtract, multiply, divide, maximum, minimum, power
  /// Python's floor division and modulo: the remainder has the divisor's sign.
  case floorDivide, modulo
  case squaredDifference, arctan2, hypotenuse
  /// The remainder with the dividend's sign.
  case remainder
  /// The larger or smaller number, where one is NaN the other.
  case largerNumber, smallerNumber
  /// `log(eᵃ + eᵇ)`, and with base 2.
  case logAddExp, logAddExp2
  /// The neighbour of `a` on the way to `b`.
  case nextAfter
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  case logicalAnd, logicalOr, logicalXor

  /// Whether the result is a truth value rather than a number of the operands' type.
  package var isPredicate: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .logicalAnd, .logicalOr, .logicalXor: true
    default: false
    }
  }

  /// `y[i] = f(a[i · strideA], b[i · strideB])`; a stride is 1, or 0 for one value against all.
  package func apply(_ a: Source, _ strideA: Int, _ b: Source, _ strideB: Int, _ y: Target, count: Int) {
    @inline(__always)
    func map(_ function: (Float, Float) -> Float) {
      if strideA == 1 && strideB == 1 {
        for index in 0..<count { y[index] = function(a[index], b[index]) }
      } else {
        for index in 0..<count { y[index] = function(a[index * strideA], b[index * strideB]) }
      }
    }
    /// A function that lanes compute alike.
    @inline(__always)
    func mapLanes(_ function: (Lanes, Lanes) -> Lanes) {
      let vectors = count.wholeLanes
      for index in stride(from: 0, to: vectors, by: Lanes.scalarCount) {
        let left = strideA == 1 ? (a + index).lanes : Lanes(repeating: a[0])
        let right = strideB == 1 ? (b + index).lanes : Lanes(repeating: b[0])
        (y + index).store(function(left, right))
      }
      for index in vectors..<count {
        y[index] = function(Lanes(repeating: a[index * strideA]), Lanes(repeating: b[index * strideB]))[0]
      }
    }
    switch self {
    case .add: mapLanes { $0 + $1 }
    case .subtract: mapLanes { $0 - $1 }
    case .multiply: mapLanes { $0 * $1 }
    case .divide: mapLanes { $0 / $1 }
    case .maximum: mapLanes { $1.replacing(with: $0, where: $0 .> $1 .| $0 .!= $0) }
    case .minimum: mapLanes { $1.replacing(with: $0, where: $0 .< $1 .| $0 .!= $0) }
    case .squaredDifference: mapLanes { ($0 - $1) * ($0 - $1) }
    case .power: map { powf($0, $1) }
    case .floorDivide: map { ($0 / $1).rounded(.down) }
    case .modulo: map { $0 - ($0 / $1).rounded(.down) * $1 }
    case .arctan2: map { atan2f($0, $1) }
    case .hypotenuse: map { hypotf($0, $1) }
    case .remainder: map { fmodf($0, $1) }
    case .largerNumber: map { fmaxf($0, $1) }
    case .smallerNumber: map { fminf($0, $1) }
    case .logAddExp: map { max($0, $1) + ($0 == $1 ? logf(2) : log1pf(expf(-abs($0 - $1)))) }
    case .logAddExp2: map { max($0, $1) + ($0 == $1 ? 1 : log2f(1 + exp2f(-abs($0 - $1)))) }
    case .nextAfter: map { nextafterf($0, $1) }
    case .equal: map { $0 == $1 ? 1 : 0 }
    case .notEqual: map { $0 != $1 ? 1 : 0 }
    case .less: map { $0 < $1 ? 1 : 0 }
    case .lessOrEqual: map { $0 <= $1 ? 1 : 0 }
    case .greater: map { $0 > $1 ? 1 : 0 }
    case .greaterOrEqual: map { $0 >= $1 ? 1 : 0 }
    case .logicalAnd: map { $0 != 0 && $1 != 0 ? 1 : 0 }
    case .logicalOr: map { $0 != 0 || $1 != 0 ? 1 : 0 }
    case .logicalXor: map { ($0 != 0) != ($1 != 0) ? 1 : 0 }
    }
  }
}
