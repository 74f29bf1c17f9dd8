#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a frame of a signal fades in and out before its Fourier transform: a sum of cosines, `Σ (−1)ʲ aⱼ cos(2πjt)` for t
/// from 0 to 1.
///
/// Reference: `scipy.signal.windows`.
public enum SpectralWindow: String, Sendable, Hashable, CaseIterable {
  case boxcar, hann, hamming, blackman, nuttall, blackmanharris, flattop

  private var coefficients: [Double] {
    switch self {
    case .boxcar: [1]
    case .hann: [0.5, 0.5]
    case .hamming: [0.54, 0.46]
    case .blackman: [0.42, 0.5, 0.08]
    case .nuttall: [0.3635819, 0.4891775, 0.1365995, 0.0106411]
    case .blackmanharris: [0.35875, 0.48829, 0.14128, 0.01168]
    case .flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368]
    }
  }

  /// `length` values.
  /// - Parameter isPeriodic: whether the value after the last would be the first again, rather than the last being the
  ///   first.
  func values(length: Int, isPeriodic: Bool) -> [Double] {
    let period = Double(max(isPeriodic ? length : length - 1, 1))
    guard length > 1 else { return [Double](repeating: 1, count: length) }
    return (0..<length).map { index in
      coefficients.enumerated().reduce(0) { sum, term in
        sum + (term.offset.isMultiple(of: 2) ? 1 : -1) * term.element
          * cos(2 * .pi * Double(term.offset) * Double(index) / period)
      }
    }
  }
}

/// One part of the discrete Fourier transform of windowed frames, as the kernel of a convolution.
///
/// Reference: `STFT` in `keras/src/initializers/constant_initializers.py`.
public struct FourierKernel: Sendable, Hashable {
  /// Which part of a complex number.
  public enum Side: Sendable, Hashable {
    case real, imaginary
  }

  /// What the window is divided by.
  public enum Scaling: String, Sendable, Hashable, CaseIterable {
    /// The root of the sum of its squares.
    case density
    /// The sum of its values.
    case spectrum
  }

  let side: Side
  /// A value for each cell of a frame.
  let window: [Double]
  let fftLength: Int

  init(_ side: Side, window: [Double], fftLength: Int) {
    self.side = side
    self.window = window
    self.fftLength = fftLength
  }

  /// The window divided as `scaling` says.
  static func scaled(_ window: [Double], _ scaling: Scaling?) -> [Double] {
    let divisor =
      switch scaling {
      case nil: 1.0
      case .density: window.reduce(0) { $0 + $1 * $1 }.squareRoot()
      case .spectrum: window.reduce(0) { $0 + abs($1) }
      }
    return window.map { $0 / divisor }
  }

  /// The first half of the spectrum: bins from 0 to half the sampling rate.
  var binCount: Int { fftLength / 2 + 1 }

  /// The kernel's elements, `(window, 1, binCount)`.
  var elements: [Float] {
    window.indices.flatMap { time in
      (0..<binCount).map { bin in
        // Whole turns are dropped before the angle is rounded.
        let angle = -2 * Double.pi * Double(time * bin % fftLength) / Double(fftLength)
        return Float(window[time] * (side == .real ? cos(angle) : sin(angle)))
      }
    }
  }
}
