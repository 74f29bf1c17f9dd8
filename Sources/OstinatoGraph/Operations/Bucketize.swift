import OstinatoTensors

/// The number of boundaries that are not above each element: `numpy.digitize`.
///
/// Input: float32; output: int32 of the same shape.
package struct Bucketize: Operation {
  package let name = "bucketize"
  /// Ascending.
  package let boundaries: [Float]

  package init(_ boundaries: [Float]) {
    self.boundaries = boundaries
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    [ValueType(inputs[0].shape, .int32)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let boundaries = boundaries
    return Kernel(units: outputs[0].shape.elementCount) { operands, elements in
      for element in elements {
        operands.output(0, as: Int32.self)[element] = Self.bucket(operands.input(0)[element], boundaries)
      }
    }
  }

  /// By halving; a NaN is above all.
  private static func bucket(_ x: Float, _ boundaries: [Float]) -> Int32 {
    var (low, high) = (0, boundaries.count)
    while low < high {
      let middle = (low + high) / 2
      if boundaries[middle] > x { high = middle } else { low = middle + 1 }
    }
    return Int32(low)
  }
}
