import Ostinato
import Testing

/// Spectrograms made in Swift.
@Suite struct SpectrogramTests {
  /// Elements of `keras.initializers.STFT("real", "hamming", "spectrum", True)((60, 1, 33))`, and the imaginary side with
  /// a symmetric Hann window and density scaling.
  @Test func theWeightsAreKerasTransforms() throws {
    func kernels(
      _ window: SpectralWindow, _ scaling: FourierKernel.Scaling, isPeriodic: Bool
    ) throws -> [Tensor] {
      let layer = STFTSpectrogram(
        mode: .stft, frameLength: 60, frameStep: 20, fftLength: 64, window: window, isPeriodic: isPeriodic,
        scaling: scaling)
      return try Sequential([Input(shape: [200, 2]), layer]).weights(of: "stft_spectrogram")
    }
    let real = try kernels(.hamming, .spectrum, isPeriodic: true)[0]
    #expect(abs(real[0, 0, 0] - 0.002469136) < 1e-8)
    #expect(abs(real[17, 0, 5] + 0.009248094) < 1e-8)
    #expect(abs(real[30, 0, 32] - 0.0308642) < 1e-8)
    let imaginary = try kernels(.hann, .density, isPeriodic: false)[1]
    #expect(abs(imaginary[17, 0, 5] + 0.1159959) < 1e-6)
    #expect(abs(imaginary[30, 0, 31] - 0.041446242) < 1e-6)
  }

  @Test func aSquareWaveIsLoudestInItsBin() throws {
    let layer = STFTSpectrogram(mode: .magnitude, frameLength: 100, fftLength: 100, window: nil, scaling: nil)
    let model = try Sequential([Input(shape: [100, 1]), layer])
    let wave = (0..<100).map { Float(($0 * 7) % 100 < 50 ? 1 : -1) }
    #expect(try model.predict(Tensor(wave, shape: [1, 100, 1])).argmax() == [[7]])
  }
}
