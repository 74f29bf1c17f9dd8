import OstinatoGraph
import OstinatoTensors

/// What a spectrogram shows of the complex numbers of a spectrum.
///
/// Reference: `call` in `keras/src/layers/preprocessing/stft_spectrogram.py`.
public enum SpectrumMode: String, Sendable, CaseIterable {
  /// The logarithm of the magnitude.
  case log
  case magnitude
  /// The power, twice that of the bins that stand for two of the whole spectrum.
  case psd
  case real, imag, angle
  /// The real and then the imaginary part.
  case stft

  /// What is shown of both parts `(rows, frames, 2 · bins)`; of `real` and `imag` there is but one, which stays as it is.
  func lower(_ parts: Value, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    if [.real, .imag, .stft].contains(self) { return parts }
    let spectrum = try graph.halves(of: parts)
    if self == .angle { return try graph.combine(.arctan2, spectrum.imaginary, spectrum.real) }
    let power = try graph.power(spectrum)
    if self == .psd { return try graph.combine(.multiply, power, try Self.twoSided(power.shape[2], &graph)) }
    let magnitude = try graph.apply(.squareRoot, try graph.apply(.clip(Self.epsilon, .infinity), power))
    guard self == .log else { return magnitude }
    return try graph.apply(.logarithm, try graph.apply(.clip(Self.epsilon, .infinity), magnitude))
  }

  /// 2 for the bins that stand for two of the whole spectrum, 1 for the first and the last.
  private static func twoSided(_ bins: Int, _ graph: inout GraphBuilder) throws(ModelError) -> Value {
    try graph.constant("two_sided") { () throws(ModelError) in
      Tensor((0..<bins).map { $0 == 0 || $0 == bins - 1 ? Float(1) : 2 })
    }
  }

  private static let epsilon: Float = 1e-7
}
