import OstinatoTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a weight is drawn before training. Source: `keras/src/initializers/`.
public enum Initializer: Sendable, Hashable {
  case zeros
  case ones
  case constant(Float)
  case randomUniform(minimum: Float = -0.05, maximum: Float = 0.05)
  case randomNormal(mean: Float = 0, standardDeviation: Float = 0.05)
  case truncatedNormal(mean: Float = 0, standardDeviation: Float = 0.05)
  case glorotUniform
  case glorotNormal
  case heUniform
  case heNormal
  case lecunUniform
  case lecunNormal
  /// A matrix with orthonormal rows or columns; higher ranks as (all but the last axis) × last.
  case orthogonal(gain: Float = 1)
  case identity(gain: Float = 1)
  /// Zeros, but ones for the forget gate of an LSTM: the second `units` of its bias.
  case forgetGateBias(units: Int)
  /// A Fourier transform.
  case fourier(FourierKernel)

  /// A tensor of `shape` drawn with `generator`.
  public func draw(_ shape: Shape, using generator: inout SeededGenerator) -> Tensor {
    switch self {
    case .zeros: Tensor(zeros: shape)
    case .ones: fill(shape) { 1 }
    case .constant(let value): fill(shape) { value }
    case .randomUniform(let minimum, let maximum): fill(shape) { generator.uniform(minimum, maximum) }
    case .randomNormal(let mean, let deviation): fill(shape) { mean + deviation * generator.normal() }
    case .truncatedNormal(let mean, let deviation): fill(shape) { mean + deviation * generator.truncatedNormal() }
    case .glorotUniform: uniform(shape, scale: 2 / Float(fans(shape).in + fans(shape).out), &generator)
    case .heUniform: uniform(shape, scale: 2 / Float(fans(shape).in), &generator)
    case .lecunUniform: uniform(shape, scale: 1 / Float(fans(shape).in), &generator)
    case .glorotNormal: truncated(shape, scale: 2 / Float(fans(shape).in + fans(shape).out), &generator)
    case .heNormal: truncated(shape, scale: 2 / Float(fans(shape).in), &generator)
    case .lecunNormal: truncated(shape, scale: 1 / Float(fans(shape).in), &generator)
    case .orthogonal(let gain): orthogonal(shape, gain, &generator)
    case .identity(let gain): Self.identity(shape, gain)
    case .fourier(let kernel): Tensor(kernel.elements, shape: shape)
    case .forgetGateBias(let units):
      Tensor((0..<shape.elementCount).map { (units..<2 * units).contains($0) ? Float(1) : 0 }, shape: shape)
    }
  }

  private func fill(_ shape: Shape, _ next: () -> Float) -> Tensor {
    Tensor((0..<shape.elementCount).map { _ in next() }, shape: shape)
  }

  /// Uniform of variance `scale`.
  private func uniform(_ shape: Shape, scale: Float, _ generator: inout SeededGenerator) -> Tensor {
    let limit = (3 * scale).squareRoot()
    return fill(shape) { generator.uniform(-limit, limit) }
  }

  /// Normal, cut at two standard deviations and widened so that its variance is `scale`.
  private func truncated(_ shape: Shape, scale: Float, _ generator: inout SeededGenerator) -> Tensor {
    let deviation = scale.squareRoot() / 0.879_625_66
    return fill(shape) { deviation * generator.truncatedNormal() }
  }

  /// `compute_fans`: a kernel's receptive field times its input and output channels.
  private func fans(_ shape: Shape) -> (in: Int, out: Int) {
    switch shape.rank {
    case 0: return (1, 1)
    case 1: return (max(shape[0], 1), max(shape[0], 1))
    default:
      let field = shape.dropLast(2).reduce(1, *)
      return (max(shape[shape.rank - 2] * field, 1), max(shape[shape.rank - 1] * field, 1))
    }
  }

  private static func identity(_ shape: Shape, _ gain: Float) -> Tensor {
    var tensor = Tensor(zeros: shape)
    if shape.rank == 2 { for index in 0..<min(shape[0], shape[1]) { tensor[index, index] = gain } }
    return tensor
  }

  /// Gram–Schmidt on rows of normal numbers, in double precision; the longer axis holds the orthonormal vectors' length.
  private func orthogonal(_ shape: Shape, _ gain: Float, _ generator: inout SeededGenerator) -> Tensor {
    let (rows, columns) = (shape.dropLast().reduce(1, *), shape.last ?? 1)
    let (count, length) = (min(rows, columns), max(rows, columns))
    var basis: [[Double]] = []
    while basis.count < count {
      var vector = (0..<length).map { _ in Double(generator.normal()) }
      for _ in 0..<2 {
        for other in basis {
          let overlap = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
          for index in 0..<length { vector[index] -= overlap * other[index] }
        }
      }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if norm > 1e-6 { basis.append(vector.map { $0 / norm }) }
    }
    let elements = (0..<rows * columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      return gain * Float(rows <= columns ? basis[row][column] : basis[column][row])
    }
    return Tensor(elements, shape: shape)
  }
}

/// A small generator whose numbers depend on its seed alone (SplitMix64, Steele et al., 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator that starts at `seed`.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// Uniform in `minimum..<maximum`.
  public mutating func uniform(_ minimum: Float, _ maximum: Float) -> Float {
    minimum + (maximum - minimum) * Float(next() >> 40) / Float(1 << 24)
  }

  /// Standard normal (Box and Muller, 1958).
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(next() >> 11) / Double(1 << 53))).squareRoot()
    return Float(radius * cos(2 * Double.pi * Double(next() >> 11) / Double(1 << 53)))
  }

  /// Standard normal, drawn again until it is within two deviations.
  public mutating func truncatedNormal() -> Float {
    while true {
      let value = normal()
      if abs(value) <= 2 { return value }
    }
  }
}
