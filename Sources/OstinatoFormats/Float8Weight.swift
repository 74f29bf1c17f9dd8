import OstinatoLayers
import OstinatoTensors

/// A weight of a layer that was saved after `model.quantize("float8")`: floats, which Keras rounds whenever it uses them.
///
/// A kernel goes through an 8-bit float of 4 exponent and 3 mantissa bits, divided by a scale; a bias through bfloat16.
///
/// Source: `_float8_call` in `keras/src/layers/core/dense.py`, `quantize_and_dequantize` in
/// `keras/src/quantizers/quantizers.py`.
struct Float8Weight {
  /// The number of the kernel's scale among the layer's arrays.
  let scale: Int
  /// The numbers of what training keeps: scales and past maxima of input, kernel and gradient.
  let statistics: Range<Int>
  private let isKernel: Bool

  /// Nil for a weight of another layer.
  /// - Parameter arrayCount: how many arrays the file has for the layer; only counted for a layer that can be quantised.
  init?(_ slot: WeightSlot, arrayCount: @autoclosure () -> Int) {
    let own: Int
    switch slot.layer {
    case let layer as Dense: own = layer.useBias ? 2 : 1
    case let layer as EinsumDense: own = layer.biasAxes == nil ? 1 : 2
    default: return nil
    }
    guard arrayCount() == own + 6 else { return nil }
    (scale, statistics, isKernel) = (own + 2, own..<own + 6, slot.index == 0)
  }

  /// The weight as Keras multiplies or adds it.
  func rounded(_ tensor: Tensor, scale: Tensor) -> Tensor {
    let scale = scale.floats.first ?? 1
    let values = tensor.floats.map { isKernel ? Self.eightBits($0 / scale) * scale : Self.brainFloat($0) }
    return Tensor(values, shape: tensor.shape)
  }

  /// The nearest value of 4 exponent and 3 mantissa bits; ties go to the even one.
  private static func eightBits(_ x: Float) -> Float {
    guard x.isFinite, x != 0 else { return x.isInfinite ? (x < 0 ? -448 : 448) : x }
    let clipped = min(max(x, -448), 448)
    let exponent = max(Int(clipped.exponent), -6)
    let step = Float(sign: .plus, exponent: exponent - 3, significand: 1)
    return (clipped / step).rounded(.toNearestOrEven) * step
  }

  /// The nearest value of 7 mantissa bits; ties go to the even one.
  private static func brainFloat(_ x: Float) -> Float {
    guard x.isFinite else { return x }
    let bits = x.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }
}
