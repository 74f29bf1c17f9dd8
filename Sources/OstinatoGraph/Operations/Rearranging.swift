import OstinatoKernels
import OstinatoTensors

/// The same elements under another shape. A view: it takes no step in the program.
package struct Reshape: Operation {
  package let name = "reshape"
  package let shape: Shape
  package let viewedInput: Int? = 0

  package init(_ shape: Shape) {
    self.shape = shape
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard shape.elementCount == inputs[0].shape.elementCount else {
      throw ModelError(.shapeMismatch, "", "cannot reshape \(inputs[0].shape) to \(shape)")
    }
    return [ValueType(shape, inputs[0].dataType)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    Copy().kernel(inputs: inputs, outputs: outputs)
  }
}

/// The same elements at another place.
package struct Copy: Operation {
  package let name = "copy"

  package init() {}

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] { inputs }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let count = outputs[0].shape.elementCount
    return Kernel(units: count) { operands, elements in
      (operands.output(0) + elements.lowerBound).update(
        from: operands.input(0) + elements.lowerBound, count: elements.count)
    }
  }
}

/// A regular walk over the input, copied out in order: transposed, sliced, reversed, repeated or broadcast axes.
package struct Rearrange: Operation {
  package let name: String
  package let shape: Shape
  /// The walk over the input's elements, in the axes of `shape` or a finer split of them.
  package let layout: StridedLayout

  package init(name: String, shape: Shape, layout: StridedLayout) {
    self.name = name
    self.shape = shape
    self.layout = layout.simplified()
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard layout.takes(shape.elementCount, stepsWithin: 0..<inputs[0].shape.elementCount) else {
      throw ModelError(.shapeMismatch, "", "expected a \(name) within \(inputs[0].shape). Received: \(shape)")
    }
    return [ValueType(shape, inputs[0].dataType)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let layout = layout
    guard shape.elementCount > 0 else { return Kernel(units: 0) { _, _ in } }
    if let transposition = Transposition(layout) {
      return Kernel(units: transposition.units) { operands, units in
        transposition.run(units, from: operands.input(0), to: operands.output(0))
      }
    }
    return Kernel(units: layout.lineCount) { operands, lines in
      gather(layout, lines: lines, from: operands.input(0), to: operands.output(0))
    }
  }
}

/// One value after another along an axis.
package struct Concatenate: Operation {
  package let name = "concatenate"
  package let axis: Int

  package init(axis: Int) {
    self.axis = axis
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard let first = inputs.first else { throw ModelError(.shapeMismatch, "", "expected at least one input") }
    for input in inputs {
      let agrees =
        input.shape.rank == first.shape.rank
        && input.shape.indices.allSatisfy { $0 == axis || input.shape[$0] == first.shape[$0] }
      guard agrees, input.shape.indices.contains(axis), input.dataType == first.dataType else {
        throw ModelError(
          .shapeMismatch, "",
          "expected inputs that agree except along axis \(axis). Received: \(first.shape) and \(input.shape)")
      }
    }
    var dimensions = first.shape.dimensions
    dimensions[axis] = inputs.reduce(0) { $0 + $1.shape[axis] }
    return [ValueType(try Shape(validating: dimensions), first.dataType)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let widths = inputs.map { $0.shape[axis...].reduce(1, *) }
    let total = widths.reduce(0, +)
    return Kernel(units: outputs[0].shape[..<axis].reduce(1, *)) { operands, rows in
      for row in rows {
        var target = operands.output(0) + row * total
        for (index, width) in widths.enumerated() {
          target.update(from: operands.input(index) + row * width, count: width)
          target += width
        }
      }
    }
  }
}

/// A constant border around the input: `before[a]` and `after[a]` cells of `value` along each axis.
package struct Pad: Operation {
  package let name = "pad"
  package let before: [Int]
  package let after: [Int]
  package let value: Float

  package init(before: [Int], after: [Int], value: Float = 0) {
    self.before = before
    self.after = after
    self.value = value
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let shape = try Shape(validating: inputs[0].shape.indices.map { inputs[0].shape[$0] + before[$0] + after[$0] })
    return [ValueType(shape, inputs[0].dataType)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let border = Border(input: inputs[0].shape.dimensions, before: before, after: after)
    let value = inputs[0].dataType == .int32 ? Float(bitPattern: UInt32(bitPattern: Int32(saturating: value))) : value
    return Kernel(units: border.lines) { operands, lines in
      pad(border, lines: lines, with: value, from: operands.input(0), to: operands.output(0))
    }
  }
}
