import OstinatoKernels
import OstinatoTensors

/// A sliding window before the input's extents are known, with explicit padding. One entry per spatial axis.
package struct WindowGeometry: Sendable, Hashable {
  package let kernel: [Int]
  package let strides: [Int]
  package let dilation: [Int]
  /// Cells of padding before and after each axis.
  package let padding: [Padding]

  package struct Padding: Sendable, Hashable {
    package let before: Int
    package let after: Int
    package init(before: Int, after: Int) {
      self.before = before
      self.after = after
    }
  }

  package init(kernel: [Int], strides: [Int], dilation: [Int]? = nil, padding: [Padding]) {
    self.kernel = kernel
    self.strides = strides
    self.dilation = dilation ?? [Int](repeating: 1, count: kernel.count)
    self.padding = padding
  }

  package var rank: Int { kernel.count }
  /// Cells of the kernel.
  var taps: Int { kernel.reduce(1, *) }

  /// The axis along which alone the kernel has more than one tap, where it moves cell by cell, and pads no other axis.
  var onlyAxis: Int? {
    let axes = kernel.indices.filter { kernel[$0] > 1 }
    guard axes.count == 1, strides.allSatisfy({ $0 == 1 }) else { return nil }
    let others = padding.indices.filter { $0 != axes[0] }
    return others.allSatisfy { padding[$0] == Padding(before: 0, after: 0) } ? axes[0] : nil
  }

  /// The extents of the output.
  package func output(for input: [Int]) throws(ModelError) -> [Int] {
    var output: [Int] = []
    for axis in 0..<rank {
      let span = (kernel[axis] - 1) * dilation[axis] + 1
      let room = input[axis] + padding[axis].before + padding[axis].after - span
      guard room >= 0 else {
        throw ModelError(
          .shapeMismatch, "",
          "expected at least \(span - padding[axis].before - padding[axis].after) cells along spatial axis \(axis). "
            + "Received: \(input[axis])")
      }
      output.append(room / strides[axis] + 1)
    }
    return output
  }

  /// The output `(batch, spatial′…, channels)` for an input `(batch, spatial…, any)`.
  package func output(for input: Shape, channels: Int) throws(ModelError) -> Shape {
    try Shape(validating: [input[0]] + output(for: Array(input.dropFirst().dropLast())) + [channels])
  }

  /// The window over shapes `(batch, spatial…, channels)`.
  package func window(input: Shape, output: Shape) -> Window {
    func extents(_ values: some Collection<Int>, fill: Int = 1) -> Window.Extents {
      let padded = [Int](repeating: fill, count: 3 - values.count) + values
      return Window.Extents(padded[0], padded[1], padded[2])
    }
    return Window(
      batch: input[0], channels: input[input.rank - 1], input: extents(input.dropFirst().dropLast()),
      output: extents(output.dropFirst().dropLast()), kernel: extents(kernel), strides: extents(strides),
      dilation: extents(dilation), padding: extents(padding.map(\.before), fill: 0))
  }
}
