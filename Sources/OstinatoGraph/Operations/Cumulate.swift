import OstinatoKernels
import OstinatoTensors

/// Running sums or products along one axis.
package struct Cumulate: Operation {
  package var name: String { "running \(function.rawValue)" }
  package let function: Cumulation
  package let axis: Int
  package let overwritableInputs = [0]

  package init(_ function: Cumulation, axis: Int) {
    self.function = function
    self.axis = axis
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard inputs[0].shape.indices.contains(axis) else {
      throw ModelError(.shapeMismatch, "", "expected an input with axis \(axis). Received: \(inputs[0].shape)")
    }
    return inputs
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let shape = inputs[0].shape
    let (n, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
    let function = function
    let isInteger = inputs[0].dataType == .int32
    return Kernel(units: shape[..<axis].reduce(1, *)) { operands, rows in
      if isInteger {
        function.apply(
          operands.input(0, as: Int32.self), operands.output(0, as: Int32.self), rows: rows, n: n, inner: inner)
      } else {
        function.apply(operands.input(0), operands.output(0), rows: rows, n: n, inner: inner)
      }
    }
  }
}
