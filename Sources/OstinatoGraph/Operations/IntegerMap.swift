import OstinatoTensors

/// A function of int32 numbers: a look-up, a hash, the bin of a number.
///
/// Inputs: int32 values of one shape. Output: int32 of that shape.
package struct IntegerMap: Operation {
  package let name: String
  private let function: @Sendable ([Int32]) -> Int32
  private let objection: (@Sendable (Int32) -> String?)?

  /// - Parameters:
  ///   - objection: what is wrong with an element of the first input, or nil; a wrong one stops the run.
  ///   - function: takes one element of each input.
  package init(
    _ name: String, objection: (@Sendable (Int32) -> String?)? = nil, function: @escaping @Sendable ([Int32]) -> Int32
  ) {
    self.name = name
    self.function = function
    self.objection = objection
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard let first = inputs.first, inputs.allSatisfy({ $0 == first }), first.dataType == .int32 else {
      throw ModelError(.shapeMismatch, "", "expected int32 values of one shape. Received: \(inputs)")
    }
    return [first]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (count, slots) = (outputs[0].shape.elementCount, inputs.indices)
    let (function, objection) = (function, objection)
    let check: (@Sendable (Operands) -> String?)? = objection.map { objection in
      { @Sendable operands in
        (0..<count).lazy.compactMap { objection(operands.input(0, as: Int32.self)[$0]) }.first
      }
    }
    return Kernel(units: count, check: check) { operands, elements in
      var values = slots.map { _ in Int32(0) }
      for element in elements {
        for slot in slots { values[slot] = operands.input(slot, as: Int32.self)[element] }
        operands.output(0, as: Int32.self)[element] = function(values)
      }
    }
  }
}
