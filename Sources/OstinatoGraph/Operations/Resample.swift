import OstinatoKernels
import OstinatoTensors

/// One axis of the input at other places: interpolation, or pooling with windows that are not regular.
package struct Resample: Operation {
  package let name = "resample"
  package let axis: Int
  package let table: ResamplingTable
  package let function: ResamplingFunction

  package init(axis: Int, table: ResamplingTable, function: ResamplingFunction = .sum) {
    self.axis = axis
    self.table = table
    self.function = function
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    var dimensions = inputs[0].shape.dimensions
    guard dimensions.indices.contains(axis),
      table.cells.allSatisfy({ $0.start >= 0 && $0.start + $0.weights.count <= dimensions[axis] })
    else {
      throw ModelError(.shapeMismatch, "", "expected an input to resample along axis \(axis). Received: \(inputs[0])")
    }
    dimensions[axis] = table.cells.count
    return [ValueType(try Shape(validating: dimensions))]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let shape = inputs[0].shape
    let (n, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
    let (table, function) = (table, function)
    return Kernel(units: shape[..<axis].reduce(1, *) * table.cells.count) { operands, lines in
      resample(table, function, lines: lines, n: n, inner: inner, from: operands.input(0), to: operands.output(0))
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    2 * table.cells.reduce(0) { $0 + $1.weights.count } * outputs[0].shape.elementCount / max(table.cells.count, 1)
  }
}
