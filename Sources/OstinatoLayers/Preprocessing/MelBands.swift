#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import OstinatoTensors

/// Triangular bands that overlap by half, equally wide in mel: `1127 · ln(1 + f/700)`.
///
/// Reference: `linear_to_mel_weight_matrix` in `keras/src/layers/preprocessing/mel_spectrogram.py`.
public struct MelBands: Sendable, Hashable {
  public let numMelBins: Int
  /// Samples per second.
  public let samplingRate: Float
  public let minFreq: Float
  public let maxFreq: Float

  /// - Parameter maxFreq: nil for half the sampling rate.
  public init(numMelBins: Int = 128, samplingRate: Float = 16_000, minFreq: Float = 20, maxFreq: Float? = nil) {
    self.numMelBins = numMelBins
    self.samplingRate = samplingRate
    self.minFreq = minFreq
    self.maxFreq = maxFreq ?? (samplingRate / 2).rounded(.down)
  }

  init(config: LayerConfig) throws(ModelError) {
    self.init(
      numMelBins: try config.positiveInt("num_mel_bins", default: 128),
      samplingRate: try config.float("sampling_rate", default: 16_000),
      minFreq: try config.float("min_freq", default: 20), maxFreq: try config.optionalFloat("max_freq"))
    guard numMelBins <= Self.mostBands else {
      throw config.failure("num_mel_bins", expected: "at most \(Self.mostBands)")
    }
  }

  private static let mostBands = 1 << 16

  var config: [String: JSONValue] {
    [
      "num_mel_bins": .int(numMelBins), "sampling_rate": .double(Double(samplingRate)),
      "min_freq": .double(Double(minFreq)), "max_freq": .double(Double(maxFreq)),
    ]
  }

  private static func mel(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }

  /// How much of each bin of a spectrum belongs to each band, `(binCount, numMelBins)`. Bin 0 belongs to none.
  func matrix(binCount: Int) -> Tensor {
    let (low, high) = (Self.mel(Double(minFreq)), Self.mel(Double(maxFreq)))
    let edges = (0..<numMelBins + 2).map { low + (high - low) * Double($0) / Double(numMelBins + 1) }
    let elements = (0..<binCount).flatMap { bin -> [Float] in
      guard bin > 0 else { return [Float](repeating: 0, count: numMelBins) }
      let mel = Self.mel(Double(samplingRate) / 2 * Double(bin) / Double(binCount - 1))
      return (0..<numMelBins).map { band in
        let rising = (mel - edges[band]) / (edges[band + 1] - edges[band])
        let falling = (edges[band + 2] - mel) / (edges[band + 2] - edges[band + 1])
        return Float(max(0, min(rising, falling)))
      }
    }
    return Tensor(elements, shape: [binCount, numMelBins])
  }
}
