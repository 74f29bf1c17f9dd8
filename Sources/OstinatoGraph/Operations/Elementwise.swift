import OstinatoKernels
import OstinatoTensors

/// Elements that one unit of an elementwise kernel covers.
private let elementsPerUnit = 1024

/// A function of each element on its own.
package struct Unary: Operation {
  package var name: String { "\(function)" }
  package let function: UnaryFunction
  package let overwritableInputs = [0]

  package init(_ function: UnaryFunction) {
    self.function = function
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    [ValueType(inputs[0].shape)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let count = outputs[0].shape.elementCount
    let function = function
    return Kernel(units: (count + elementsPerUnit - 1) / elementsPerUnit) { operands, units in
      let start = units.lowerBound * elementsPerUnit
      let end = min(units.upperBound * elementsPerUnit, count)
      function.apply(operands.input(0) + start, operands.output(0) + start, count: end - start)
    }
  }
}

/// A function of pairs of elements, the shapes broadcast against each other as NumPy does.
package struct Binary: Operation {
  package var name: String { function.rawValue }
  package let function: BinaryFunction
  package let overwritableInputs = [0, 1]

  package init(_ function: BinaryFunction) {
    self.function = function
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    [ValueType(try Shape.broadcast(inputs[0].shape, inputs[1].shape))]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let shape = outputs[0].shape
    let (a, b) = StridedLayout.simplifiedPair(
      StridedLayout(broadcasting: inputs[0].shape, to: shape), StridedLayout(broadcasting: inputs[1].shape, to: shape))
    let length = a.lineLength
    let (stepA, stepB) = (a.strides.last ?? 1, b.strides.last ?? 1)
    let function = function
    if let repeated = RepeatedLine(a, b) {
      return Kernel(units: a.lineCount, scratchBytes: repeated.scratchBytes) { operands, lines in
        repeated.apply(function, operands, lines)
      }
    }
    return Kernel(units: a.lineCount) { operands, lines in
      for line in lines {
        function.apply(
          operands.input(0) + a.offset(ofLine: line), stepA, operands.input(1) + b.offset(ofLine: line), stepB,
          operands.output(0) + line * length, count: length)
      }
    }
  }
}

/// A short line of one operand that meets many lines of the other, such as a number for each channel: written out several
/// times, it meets as many at once.
private struct RepeatedLine {
  let a: StridedLayout
  let b: StridedLayout
  /// Whether it is the second operand that is repeated.
  let isSecond: Bool
  let copies: Int
  /// Lines that meet the same one.
  let linesPerPlane: Int

  private static let shortLine = 256
  private static let elements = 1024

  /// Nil where neither operand is repeated, or not within the lines of the other as they lie.
  init?(_ a: StridedLayout, _ b: StridedLayout) {
    let (rank, length) = (a.extents.count, a.lineLength)
    guard rank >= 2, (1...Self.shortLine).contains(length), a.strides[rank - 1] == 1, b.strides[rank - 1] == 1 else {
      return nil
    }
    let steps = (a.strides[rank - 2], b.strides[rank - 2])
    guard steps == (length, 0) || steps == (0, length) else { return nil }
    (self.a, self.b) = (a, b)
    self.isSecond = steps.1 == 0
    self.linesPerPlane = a.extents[rank - 2]
    self.copies = min(linesPerPlane, Self.elements / length)
  }

  var scratchBytes: Int { copies * a.lineLength * DataType.byteCount }

  func apply(_ function: BinaryFunction, _ operands: Operands, _ lines: Range<Int>) {
    let length = a.lineLength
    for plane in lines.split(by: linesPerPlane) {
      let (own, shared) = isSecond ? (a, b) : (b, a)
      let line = operands.input(isSecond ? 1 : 0) + shared.offset(ofLine: plane.lowerBound)
      for copy in 0..<min(copies, plane.count) {
        (operands.scratch + copy * length).update(from: line, count: length)
      }
      let x = operands.input(isSecond ? 0 : 1) + own.offset(ofLine: plane.lowerBound)
      for some in plane.chunks(of: copies) {
        let first = x + (some.lowerBound - plane.lowerBound) * length
        let (left, right) = isSecond ? (first, Source(operands.scratch)) : (Source(operands.scratch), first)
        function.apply(left, 1, right, 1, operands.output(0) + some.lowerBound * length, count: some.count * length)
      }
    }
  }
}

/// `condition ≠ 0 ? a : b`, the three shapes broadcast against each other.
package struct Select: Operation {
  package let name = "select"

  package init() {}

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let branches = try Shape.broadcast(inputs[1].shape, inputs[2].shape)
    return [ValueType(try Shape.broadcast(inputs[0].shape, branches), inputs[1].dataType)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let shape = outputs[0].shape
    let layouts = inputs.map { StridedLayout(broadcasting: $0.shape, to: shape) }
    let length = layouts[0].lineLength
    return Kernel(units: layouts[0].lineCount) { operands, lines in
      for line in lines {
        let sources = (0..<3).map { operands.input($0) + layouts[$0].offset(ofLine: line) }
        let steps = layouts.map { $0.strides.last ?? 1 }
        let target = operands.output(0) + line * length
        for index in 0..<length {
          target[index] =
            sources[0][index * steps[0]] != 0 ? sources[1][index * steps[1]] : sources[2][index * steps[2]]
        }
      }
    }
  }
}

/// `x · scale + shift` over the last axis: what is left of a BatchNormalization that nothing before it takes in.
///
/// Inputs: x `(…, n)`, scale `(n)`, shift `(n)`.
package struct ChannelAffine: Operation {
  package let name = "affine"
  package let overwritableInputs = [0]

  package init() {}

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    guard let n = inputs[0].shape.last, inputs[1].shape == [n], inputs[2].shape == [n] else {
      throw ModelError(
        .shapeMismatch, "", "expected a last axis of \(inputs[1].shape[0]). Received: \(inputs[0].shape)")
    }
    return [ValueType(inputs[0].shape)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let n = inputs[1].shape[0]
    return Kernel(units: inputs[0].shape.dropLast().reduce(1, *)) { operands, rows in
      scaleAndShift(
        operands.input(0), operands.output(0), rows: rows, n: n, scale: operands.input(1), shift: operands.input(2))
    }
  }
}

/// Another element type for the same numbers; floats are truncated towards zero.
package struct Cast: Operation {
  package let name = "cast"
  package let dataType: DataType

  package init(to dataType: DataType) {
    self.dataType = dataType
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    [ValueType(inputs[0].shape, dataType)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let count = outputs[0].shape.elementCount
    switch (inputs[0].dataType, dataType) {
    case (.float32, .int32): return Self.kernel(count: count) { (x: Float) in Int32(saturating: x) }
    case (.int32, .float32): return Self.kernel(count: count) { (x: Int32) in Float(x) }
    default: return Self.kernel(count: count) { (x: Int32) in x }
    }
  }

  /// A kernel that converts each element by itself.
  @inline(__always)
  private static func kernel<From, To>(count: Int, _ convert: @escaping @Sendable (From) -> To) -> Kernel {
    Kernel(units: count) { operands, units in
      let (x, y) = (operands.input(0, as: From.self), operands.output(0, as: To.self))
      for index in units { y[index] = convert(x[index]) }
    }
  }
}
