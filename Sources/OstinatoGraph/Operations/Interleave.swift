import OstinatoKernels
import OstinatoTensors

/// Values whose cells take turns along the spatial axes: cell `(o₀, o₁, …)` of the output is cell `(o₀ / s₀, o₁ / s₁, …)`
/// of input `(o₀ mod s₀, o₁ mod s₁, …)`, the inputs in the order of these, the last axis fastest.
///
/// Inputs: `(batch, ⌈(extent − place) / stride⌉…, channels)`. Output: `(batch, extents…, channels)`.
struct Interleave: Operation {
  let name = "interleave"
  let strides: [Int]
  let extents: [Int]

  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (batch, channels) = (inputs[0].shape[0], inputs[0].shape[inputs[0].shape.rank - 1])
    for (number, input) in inputs.enumerated() {
      let expected = Shape([batch] + zip(extents, zip(strides, places(of: number))).map(Self.count) + [channels])
      guard input.shape == expected else {
        throw ModelError(.shapeMismatch, "", "expected input \(number) of shape \(expected). Received: \(input.shape)")
      }
    }
    return [ValueType(try Shape(validating: [batch] + extents + [channels]))]
  }

  /// How many of `extent` cells are those of one place among `stride`.
  private static func count(_ extent: Int, _ turn: (stride: Int, place: Int)) -> Int {
    (extent - turn.place + turn.stride - 1) / turn.stride
  }

  /// The places of an input along each axis.
  private func places(of input: Int) -> [Int] {
    var rest = input
    return strides.reversed().map { stride in
      defer { rest /= stride }
      return rest % stride
    }.reversed()
  }

  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let channels = outputs[0].shape.last ?? 0
    let lines = Array(outputs[0].shape.dropLast(2))
    let (length, turn) = (extents.last ?? 1, strides.last ?? 1)
    return Kernel(units: lines.reduce(1, *)) { operands, units in
      for line in units {
        let target = operands.output(0) + line * length * channels
        let (first, source) = self.source(ofLine: line, lines)
        for place in 0..<min(turn, length) {
          let count = Self.count(length, (turn, place))
          scatter(
            operands.input(first + place) + source * count * channels, to: target + place * channels, cells: count,
            width: channels, stride: turn * channels)
        }
      }
    }
  }

  /// The first input that has a part in a line of the output, and which of its lines that is. `lines` are the extents
  /// of the axes before the line's own, the batch first.
  private func source(ofLine line: Int, _ lines: [Int]) -> (input: Int, line: Int) {
    var (rest, input, source, inputs, extent) = (line, 0, 0, strides.last ?? 1, 1)
    for axis in lines.indices.dropFirst().reversed() {
      let (quotient, cell) = rest.quotientAndRemainder(dividingBy: lines[axis])
      let stride = strides[axis - 1]
      input += cell % stride * inputs
      source += cell / stride * extent
      inputs *= stride
      extent *= Self.count(lines[axis], (stride, cell % stride))
      rest = quotient
    }
    return (input, source + rest * extent)
  }
}
