import OstinatoKernels
import OstinatoTensors

/// The place of the largest or smallest element of each row of the last axis, as int32.
package struct ArgReduce: Operation {
  package var name: String { function.rawValue }
  package let function: Extremum

  package init(_ function: Extremum) {
    self.function = function
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard let n = inputs[0].shape.last, n > 0 else {
      throw ModelError(.shapeMismatch, "", "expected rows that are not empty. Received: \(inputs[0].shape)")
    }
    return [ValueType(try Shape(validating: Array(inputs[0].shape.dropLast())), .int32)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let n = inputs[0].shape.last ?? 1
    let function = function
    let isInteger = inputs[0].dataType == .int32
    return Kernel(units: outputs[0].shape.elementCount) { operands, rows in
      let places = operands.output(0, as: Int32.self)
      if isInteger {
        function.apply(operands.input(0, as: Int32.self), places, rows: rows, n: n)
      } else {
        function.apply(operands.input(0), places, rows: rows, n: n)
      }
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int { inputs[0].shape.elementCount }
}

/// Each row of the last axis in order, its first `count` elements, all where `count` is nil.
///
/// Outputs: the values, and as int32 where they stood.
package struct Rank: Operation {
  package let name = "sort"
  package let count: Int?
  package let descending: Bool

  package init(count: Int? = nil, descending: Bool) {
    self.count = count
    self.descending = descending
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard let n = inputs[0].shape.last, (0...n).contains(count ?? n) else {
      throw ModelError(
        .shapeMismatch, "", "expected rows of at least \(count ?? 0) elements. Received: \(inputs[0].shape)")
    }
    let shape = Shape(inputs[0].shape.dropLast() + [count ?? n])
    return [ValueType(shape, inputs[0].dataType), ValueType(shape, .int32)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (n, k) = (inputs[0].shape.last ?? 1, outputs[0].shape.last ?? 1)
    let descending = descending
    let isInteger = inputs[0].dataType == .int32
    return Kernel(units: inputs[0].shape.dropLast().reduce(1, *)) { operands, rows in
      func order<Element: Comparable>(_ type: Element.Type) {
        rank(
          operands.input(0, as: type), values: operands.output(0, as: type),
          indices: operands.output(1, as: Int32.self), rows: rows, n: n, k: k, descending: descending)
      }
      if isInteger { order(Int32.self) } else { order(Float.self) }
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    inputs[0].shape.elementCount
      * max(1, (inputs[0].shape.last ?? 1).bitWidth - (inputs[0].shape.last ?? 1).leadingZeroBitCount)
  }
}

/// Elements of each row of the last axis by their places; a negative place counts from the end.
///
/// Inputs: x `(…, n)`, int32 places `(…, k)`. Output: `(…, k)`. A place outside the row stops the run.
package struct TakeAlongRows: Operation {
  package let name = "take along"

  package init() {}

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (x, places) = (inputs[0].shape, inputs[1].shape)
    guard x.rank > 0, x.dropLast().elementsEqual(places.dropLast()), places.rank == x.rank,
      inputs[1].dataType == .int32
    else {
      throw ModelError(.shapeMismatch, "", "expected int32 places for the rows of \(x). Received: \(inputs[1])")
    }
    return [ValueType(places, inputs[0].dataType)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (n, k) = (inputs[0].shape.last ?? 1, inputs[1].shape.last ?? 1)
    let count = inputs[1].shape.elementCount
    return Kernel(
      units: inputs[1].shape.dropLast().reduce(1, *), check: { Self.check($0, count: count, n: n) }
    ) { operands, rows in
      let places = operands.input(1, as: Int32.self)
      for row in rows {
        for index in row * k..<(row + 1) * k {
          let place = Int(places[index])
          operands.output(0)[index] = operands.input(0)[row * n + (place < 0 ? place + n : place)]
        }
      }
    }
  }

  private static func check(_ operands: Operands, count: Int, n: Int) -> String? {
    let places = UnsafeBufferPointer(start: operands.input(1, as: Int32.self), count: count)
    guard let wrong = places.first(where: { !(-n..<n).contains(Int($0)) }) else { return nil }
    return "expected places from \(-n) to \(n - 1). Received: \(wrong)"
  }
}
