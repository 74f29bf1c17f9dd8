import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations that look away from NaNs, or replace them.
let nanOperations: [String: OperationLowering] = [
  "NanToNum": lowerUnary { graph, x, call throws(ModelError) in
    func number(_ name: String, _ place: Int, _ fallback: Float) -> Float {
      call.constant(name, place)?.double.map { Float($0) } ?? fallback
    }
    let largest = Float.greatestFiniteMagnitude
    let defined = try graph.replaceNaNs(in: x, by: number("nan", 1, 0))
    let (high, low) = (number("posinf", 2, largest), number("neginf", 3, -largest))
    let isAbove = try graph.combine(.greater, defined, try graph.scalar(largest))
    let isBelow = try graph.combine(.less, defined, try graph.scalar(-largest))
    let bounded = try graph.select(isAbove, try graph.scalar(high), defined)
    return try graph.select(isBelow, try graph.scalar(low), bounded)
  },
  "Nansum": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.reduce(.sum, try graph.replaceNaNs(in: x, by: 0), axes: axes, keepDims: keepDims)
  },
  "Nanprod": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.reduce(.product, try graph.replaceNaNs(in: x, by: 1), axes: axes, keepDims: keepDims)
  },
  "Nanmax": lowerNaNExtremum(.maximum, beaten: -.infinity),
  "Nanmin": lowerNaNExtremum(.minimum, beaten: .infinity),
  "Nanmean": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.meanOfNumbers(x, axes: axes, keepDims: keepDims)
  },
  "Nanvar": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.varianceOfNumbers(x, axes: axes, keepDims: keepDims)
  },
  "Nanstd": lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    try graph.apply(.squareRoot, try graph.varianceOfNumbers(x, axes: axes, keepDims: keepDims))
  },
  "Nancumsum": lowerAlongAxis(default: nil) { graph, x, axis, _ throws(ModelError) in
    try graph.cumulate(.sum, try graph.finite(x, nan: 0), axis: axis)
  },
  "Nancumprod": lowerAlongAxis(default: nil) { graph, x, axis, _ throws(ModelError) in
    try graph.cumulate(.product, try graph.finite(x, nan: 1), axis: axis)
  },
  "Nanargmax": lowerArgReduction(.argmax, nan: -.infinity), "Nanargmin": lowerArgReduction(.argmin, nan: .infinity),
]

/// The extreme of the numbers, NaN where there is none.
private func lowerNaNExtremum(_ function: ReductionFunction, beaten: Float) -> OperationLowering {
  lowerReduction { graph, x, axes, keepDims throws(ModelError) in
    let present = try graph.replaceNaNs(in: x, by: beaten)
    let extremum = try graph.reduce(function, present, axes: axes, keepDims: keepDims)
    let isEmpty = try graph.reduce(.all, try graph.apply(.isNaN, x), axes: axes, keepDims: keepDims)
    return try graph.select(isEmpty, try graph.scalar(.nan), extremum)
  }
}

extension GraphBuilder {
  /// `x` with `number` in the place of NaNs.
  mutating func replaceNaNs(in x: Value, by number: Float) throws(ModelError) -> Value {
    try select(try apply(.isNaN, x), try scalar(number), x)
  }

  /// `x` with `nan` in the place of NaNs, and the largest numbers in the place of infinities.
  fileprivate mutating func finite(_ x: Value, nan: Float) throws(ModelError) -> Value {
    let largest = Float.greatestFiniteMagnitude
    return try apply(.clip(-largest, largest), try replaceNaNs(in: x, by: nan))
  }

  fileprivate mutating func meanOfNumbers(_ x: Value, axes: [Int], keepDims: Bool) throws(ModelError) -> Value {
    let sum = try reduce(.sum, try replaceNaNs(in: x, by: 0), axes: axes, keepDims: keepDims)
    let isNumber = try apply(.logicalNot, try apply(.isNaN, x))
    return try combine(.divide, sum, try reduce(.sum, isNumber, axes: axes, keepDims: keepDims))
  }

  fileprivate mutating func varianceOfNumbers(_ x: Value, axes: [Int], keepDims: Bool) throws(ModelError) -> Value {
    let deviations = try combine(.subtract, x, try meanOfNumbers(x, axes: axes, keepDims: true))
    return try meanOfNumbers(try apply(.square, deviations), axes: axes, keepDims: keepDims)
  }
}
