import OstinatoKernels
import OstinatoTensors

/// How often each category below `depth` occurs along an axis: the sum of one-hot rows, without making them.
///
/// Inputs: categories int32 `(…, n, …)`, then weights of the same shape where there are some. Output: the shape without
/// the axis, then `depth`. A category outside `0..<depth` counts nowhere.
package struct Bincount: Operation {
  package let name = "bincount"
  package let axis: Int
  package let depth: Int
  /// Whether a category that occurs gives 1, however often it does.
  package let isBinary: Bool

  package init(axis: Int, depth: Int, isBinary: Bool = false) {
    self.axis = axis
    self.depth = depth
    self.isBinary = isBinary
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let shape = inputs[0].shape
    guard inputs[0].dataType == .int32, shape.indices.contains(axis),
      inputs.dropFirst().allSatisfy({ $0.shape == shape })
    else {
      throw ModelError(
        .shapeMismatch, "", "expected int32 categories with axis \(axis) and weights like them. Received: \(inputs)")
    }
    return [ValueType(try Shape(validating: shape.dimensions[..<axis] + shape.dimensions[(axis + 1)...] + [depth]))]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let shape = inputs[0].shape
    let (n, inner, depth, isBinary) = (shape[axis], shape[(axis + 1)...].reduce(1, *), depth, isBinary)
    let hasWeights = inputs.count > 1
    return Kernel(units: shape[..<axis].reduce(1, *)) { operands, rows in
      let categories = operands.input(0, as: Int32.self)
      for row in rows {
        let counts = operands.output(0) + row * inner * depth
        counts.update(repeating: 0, count: inner * depth)
        for element in row * n * inner..<(row + 1) * n * inner {
          let category = Int(categories[element])
          guard category >= 0, category < depth else { continue }
          let place = element % inner * depth + category
          counts[place] = isBinary ? 1 : counts[place] + (hasWeights ? operands.input(1)[element] : 1)
        }
      }
    }
  }
}
