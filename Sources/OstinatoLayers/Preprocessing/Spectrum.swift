import OstinatoGraph
import OstinatoTensors

/// The real and the imaginary part of the spectra of a signal's frames, each `(…, frames, bins)`.
struct Spectrum {
  let real: Value
  let imaginary: Value
}

extension GraphBuilder {
  /// Both parts of `(…, frames, 2 · bins)`, the real one first.
  mutating func halves(of parts: Value) throws(ModelError) -> Spectrum {
    let axis = parts.shape.rank - 1
    let bins = parts.shape[axis] / 2
    return Spectrum(
      real: try slice(parts, axis: axis, start: 0, count: bins),
      imaginary: try slice(parts, axis: axis, start: bins, count: bins))
  }

  /// What `kernel` `(frame, 1, n)` makes of the frames of signals `(rows, time)`: `(rows, frames, n)`.
  mutating func frames(_ signals: Value, kernel: Value, window: SlidingWindow) throws(ModelError) -> Value {
    let x = try reshape(signals, to: Shape(signals.shape + [1]))
    return try convolve(x, kernel: kernel, bias: nil, geometry: window.geometry(for: [signals.shape[1]]))
  }

  /// The squared magnitude.
  mutating func power(_ spectrum: Spectrum) throws(ModelError) -> Value {
    let (real, imaginary) = (try apply(.square, spectrum.real), try apply(.square, spectrum.imaginary))
    return try combine(.add, real, imaginary)
  }
}

extension Tensor {
  /// Kernels `(frame, 1, bins)` side by side.
  static func joined(_ kernels: [Tensor]) -> Tensor {
    guard let first = kernels.first else { return Tensor(zeros: [0, 1, 0]) }
    let (frame, bins, parts) = (first.shape[0], first.shape[2], kernels.map(\.floats))
    let rows = (0..<frame).flatMap { row in parts.flatMap { $0[row * bins..<(row + 1) * bins] } }
    return Tensor(rows, shape: [frame, 1, kernels.count * bins])
  }
}
