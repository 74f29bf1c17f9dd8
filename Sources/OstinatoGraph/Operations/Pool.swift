import OstinatoKernels
import OstinatoTensors

/// The maximum or mean of a sliding window, channel by channel.
///
/// Input: `(batch, spatial…, channels)`; output: `(batch, spatial′…, channels)`.
package struct Pool: Operation {
  package var name: String { "\(function.rawValue) pool" }
  package let function: PoolingFunction
  package let geometry: WindowGeometry

  package init(_ function: PoolingFunction, geometry: WindowGeometry) {
    self.function = function
    self.geometry = geometry
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let x = inputs[0].shape
    guard x.rank == geometry.rank + 2 else {
      throw ModelError(.shapeMismatch, "", "expected an input of rank \(geometry.rank + 2). Received: \(x)")
    }
    let output = try geometry.output(for: Array(x.dropFirst().dropLast()))
    return [ValueType(Shape([x[0]] + output + [x[x.rank - 1]]))]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let function = function
    return Kernel(units: window.pixels) { operands, pixels in
      pool(function, window, pixels: pixels, from: operands.input(0), to: operands.output(0))
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    outputs[0].shape.elementCount * geometry.kernel.reduce(1, *)
  }
}
