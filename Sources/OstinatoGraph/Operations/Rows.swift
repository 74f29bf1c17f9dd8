import OstinatoKernels
import OstinatoTensors

/// A function of each row of the last axis: softmax and its kin.
package struct RowWise: Operation {
  package var name: String { function.rawValue }
  package let function: RowFunction
  package let overwritableInputs = [0]

  package init(_ function: RowFunction) {
    self.function = function
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard inputs[0].shape.rank > 0 else {
      throw ModelError(.shapeMismatch, "", "expected an input with an axis. Received a scalar")
    }
    return [ValueType(inputs[0].shape)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let n = inputs[0].shape.last ?? 1
    let function = function
    return Kernel(units: inputs[0].shape.dropLast().reduce(1, *)) { operands, rows in
      function.apply(operands.input(0), operands.output(0), rows: rows, n: n)
    }
  }

  /// A maximum, a difference, an exponential of about twenty operations, a sum and a quotient.
  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(24, outputs[0].shape.elementCount)
  }
}

/// One axis of the input reduced to nothing.
package struct Reduce: Operation {
  package var name: String { function.rawValue }
  package let function: ReductionFunction
  package let axis: Int

  package init(_ function: ReductionFunction, axis: Int) {
    self.function = function
    self.axis = axis
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    var dimensions = inputs[0].shape.dimensions
    guard dimensions.indices.contains(axis) else {
      throw ModelError(.shapeMismatch, "", "expected an input with axis \(axis). Received: \(inputs[0].shape)")
    }
    dimensions.remove(at: axis)
    return [ValueType(try Shape(validating: dimensions), function.keepsIntegers ? inputs[0].dataType : .float32)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let shape = inputs[0].shape
    let (n, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
    let function = function
    let isInteger = outputs[0].dataType == .int32
    return Kernel(units: shape[..<axis].reduce(1, *)) { operands, rows in
      if isInteger {
        function.apply(
          operands.input(0, as: Int32.self), operands.output(0, as: Int32.self), rows: rows, n: n, inner: inner)
      } else {
        function.apply(operands.input(0), operands.output(0), rows: rows, n: n, inner: inner)
      }
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int { inputs[0].shape.elementCount }
}
