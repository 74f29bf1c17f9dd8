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
    let output = try geometry.output(for: x, channels: x[x.rank - 1])
    guard OffsetTable.fits(geometry.window(input: x, output: output)) else {
      throw ModelError(
        .shapeMismatch, "", "expected fewer cells in a pool than \(geometry.kernel). Received: an input \(x)")
    }
    return [ValueType(output)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let window = geometry.window(input: inputs[0].shape, output: outputs[0].shape)
    let (function, channels) = (function, window.channels)
    let imageSize = window.input.x * window.input.y * window.input.z * channels
    let table = OffsetTable(window, channels: channels, mergesLines: false)
    return Kernel(units: window.pixels) { operands, pixels in
      table.offsets.withUnsafeBufferPointer { offsets in
        guard let offsets = offsets.baseAddress else { return }
        for part in pixels.split(by: window.outputCells) {
          let (image, first) = part.lowerBound.quotientAndRemainder(dividingBy: window.outputCells)
          pool(
            function, pixels: part.count, channels: channels, taps: table.taps,
            base: operands.input(0) + image * imageSize, offsets: offsets + first * table.taps,
            to: operands.output(0) + part.lowerBound * channels)
        }
      }
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(outputs[0].shape.elementCount, geometry.taps)
  }
}
