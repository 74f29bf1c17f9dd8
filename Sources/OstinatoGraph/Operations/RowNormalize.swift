import OstinatoKernels
import OstinatoTensors

/// Each row of the last axis brought to a common mean and size, then scaled and shifted.
///
/// Inputs: x `(…, n)`, then the scale `(n)` and the shift `(n)` where there are such. Output: as x.
package struct RowNormalize: Operation {
  package var name: String { "normalize" }
  package let function: RowNormalization
  package let hasScale: Bool
  package let hasShift: Bool
  package let overwritableInputs = [0]

  package init(_ function: RowNormalization, hasScale: Bool = false, hasShift: Bool = false) {
    self.function = function
    self.hasScale = hasScale
    self.hasShift = hasShift
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard inputs[0].shape.rank > 0 else {
      throw ModelError(.shapeMismatch, "", "expected an input with an axis. Received a scalar")
    }
    return [ValueType(inputs[0].shape)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let n = inputs[0].shape.last ?? 1
    let (function, hasScale, hasShift) = (function, hasScale, hasShift)
    return Kernel(units: inputs[0].shape.dropLast().reduce(1, *)) { operands, rows in
      function.apply(
        operands.input(0), operands.output(0), rows: rows, n: n, scale: hasScale ? operands.input(1) : nil,
        shift: hasShift ? operands.input(hasScale ? 2 : 1) : nil)
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int { 6 * outputs[0].shape.elementCount }
}
