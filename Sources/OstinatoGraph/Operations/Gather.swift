import OstinatoKernels
import OstinatoTensors

/// Rows of a table by their numbers: an embedding.
///
/// Inputs: table `(rows, width)`, indices int32 `(…)`. Output: `(…, width)`. An index outside the table stops the run.
package struct Gather: Operation {
  package let name = "gather"

  package init() {}

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard inputs[0].shape.rank == 2, inputs[1].dataType == .int32 else {
      throw ModelError(.shapeMismatch, "", "expected a matrix and int32 indices. Received: \(inputs)")
    }
    return [ValueType(try Shape(validating: inputs[1].shape + [inputs[0].shape[1]]), inputs[0].dataType)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (rows, width) = (inputs[0].shape[0], inputs[0].shape[1])
    let count = inputs[1].shape.elementCount
    return Kernel(
      units: count, check: { checkIndices($0.input(1, as: Int32.self), count: count, rows: rows) }
    ) { operands, positions in
      let indices = operands.input(1, as: Int32.self)
      for position in positions {
        (operands.output(0) + position * width).update(
          from: operands.input(0) + Int(indices[position]) * width, count: width)
      }
    }
  }

  /// Of the table, the rows that are taken.
  package func bytes(inputs: [ValueType], outputs: [ValueType]) -> Double {
    Double(inputs[1].byteCount) + 2 * Double(outputs[0].byteCount)
  }
}

/// The indices that a ``Gather`` takes, for an operation that looks its rows up itself.
///
/// Input and output: int32 `(…)`. An index that is not below `rows` stops the run.
struct CheckedIndices: Operation {
  let name = "indices"
  let rows: Int

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] { inputs }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (count, rows) = (inputs[0].shape.elementCount, rows)
    return Kernel(
      units: 1, check: { checkIndices($0.input(0, as: Int32.self), count: count, rows: rows) }
    ) { operands, _ in
      operands.output(0, as: Int32.self).update(from: operands.input(0, as: Int32.self), count: count)
    }
  }
}

private func checkIndices(_ indices: UnsafePointer<Int32>, count: Int, rows: Int) -> String? {
  let wrong = UnsafeBufferPointer(start: indices, count: count).first { $0 < 0 || Int($0) >= rows }
  return wrong.map { "expected indices from 0 to \(rows - 1). Received: \($0)" }
}
