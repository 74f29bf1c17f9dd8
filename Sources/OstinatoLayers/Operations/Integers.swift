import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Functions of pairs that give whole numbers for whole numbers. They wrap around, and a division by 0 gives 0.
let integerFunctions: [BinaryFunction: @Sendable (Int32, Int32) -> Int32] = [
  .add: { $0 &+ $1 }, .subtract: { $0 &- $1 }, .multiply: { $0 &* $1 }, .power: power,
  .maximum: { max($0, $1) }, .minimum: { min($0, $1) }, .largerNumber: { max($0, $1) },
  .smallerNumber: { min($0, $1) }, .squaredDifference: { ($0 &- $1) &* ($0 &- $1) },
  .floorDivide: { floorDivided(Int($0), Int($1)) },
  .modulo: { $1 == 0 ? 0 : Int32(truncatingIfNeeded: Int($0) - Int(floorDivided(Int($0), Int($1))) * Int($1)) },
  .remainder: { $1 == 0 ? 0 : Int32(truncatingIfNeeded: Int($0) % Int($1)) },
  .equal: { $0 == $1 ? 1 : 0 }, .notEqual: { $0 != $1 ? 1 : 0 }, .less: { $0 < $1 ? 1 : 0 },
  .lessOrEqual: { $0 <= $1 ? 1 : 0 }, .greater: { $0 > $1 ? 1 : 0 }, .greaterOrEqual: { $0 >= $1 ? 1 : 0 },
]

private func floorDivided(_ a: Int, _ b: Int) -> Int32 {
  guard b != 0 else { return 0 }
  return Int32(truncatingIfNeeded: a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0))
}

private func power(_ base: Int32, _ exponent: Int32) -> Int32 {
  guard exponent >= 0 else { return abs(Int(base)) == 1 ? (exponent % 2 == 0 ? 1 : base) : 0 }
  var (result, square, rest) = (Int32(1), base, exponent)
  while rest > 0 {
    if rest % 2 == 1 { result = result &* square }
    square = square &* square
    rest /= 2
  }
  return result
}

/// Operations on whole numbers, and those that keep them whole.
let integerOperations: [String: OperationLowering] =
  bitOperations.mapValues { function in
    lowerPairs(("x", "y")) { graph, a, b, _ throws(ModelError) in try graph.combine("bits", a, b, function) }
  }
  .merging(signOperations.mapValues { lowerSign($0.float, $0.integer) }) { $1 }
  .merging([
    "Gcd": lowerPairs { graph, a, b, _ throws(ModelError) in
      try graph.combine("gcd", a, b) { Int32(truncatingIfNeeded: commonDivisor(Int($0), Int($1))) }
    },
    "Lcm": lowerPairs { graph, a, b, _ throws(ModelError) in
      try graph.combine("lcm", a, b) { a, b in
        let divisor = commonDivisor(Int(a), Int(b))
        return divisor == 0 ? 0 : Int32(truncatingIfNeeded: abs(Int(a) / divisor * Int(b)))
      }
    },
    "BitwiseInvert": lowerInversion, "BitwiseNot": lowerInversion,
  ]) { $1 }

private let bitOperations: [String: @Sendable (Int32, Int32) -> Int32] = [
  "BitwiseAnd": { $0 & $1 }, "BitwiseOr": { $0 | $1 }, "BitwiseXor": { $0 ^ $1 },
  "BitwiseLeftShift": { $0 << $1 }, "LeftShift": { $0 << $1 }, "BitwiseRightShift": { $0 >> $1 },
  "RightShift": { $0 >> $1 },
]

private let signOperations: [String: (float: UnaryFunction, integer: @Sendable (Int32) -> Int32)] = [
  "Abs": (.absolute, { $0 < 0 ? 0 &- $0 : $0 }), "Absolute": (.absolute, { $0 < 0 ? 0 &- $0 : $0 }),
  "Negative": (.negate, { 0 &- $0 }), "Square": (.square, { $0 &* $0 }), "Sign": (.sign, { $0.signum() }),
]

private func lowerSign(
  _ float: UnaryFunction, _ integer: @escaping @Sendable (Int32) -> Int32
) -> OperationLowering {
  lowerUnary { graph, x, _ throws(ModelError) in
    guard x.dataType == .int32 else { return try graph.apply(float, x) }
    return try graph.addOne(IntegerMap("\(float)") { integer($0[0]) }, x)
  }
}

/// All bits turned; a truth value turned.
private let lowerInversion = lowerUnary { graph, x, _ throws(ModelError) in
  if graph.isTruth(x) { return try graph.asTruth(try graph.apply(.logicalNot, x)) }
  return try graph.addOne(IntegerMap("invert") { ~$0[0] }, try graph.asInteger(x))
}

private func commonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (abs(a), abs(b))
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
