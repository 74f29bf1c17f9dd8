import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How an image is resized. Cells have their centres at halves: `(i + ½) · in / out` is where output `i` looks.
///
/// Source: TensorFlow's `image_resizer_state.h`, `resize_bicubic_op.cc`, `resize_area_op.cc`,
/// `scale_and_translate_op.cc`, which Keras' `image.resize` calls.
public enum Interpolation: String, Sendable, CaseIterable {
  case nearest, bilinear, bicubic, lanczos3, lanczos5, area
}

extension Interpolation {
  /// What output cell `index` takes when `input` cells become `output`.
  ///
  /// - Parameter antialias: whether a smaller output sees all cells between its neighbours; for all but nearest and area.
  func cell(_ index: Int, from input: Int, to output: Int, antialias: Bool) -> ResamplingTable.Cell {
    let scale = Float(input) / Float(output)
    let center = (Float(index) + 0.5) * scale
    switch self {
    case .nearest: return ResamplingTable.Cell(start: min(Int(center), input - 1), weights: [1])
    case .area: return Self.area(Float(index) * scale, Float(index + 1) * scale, input)
    case .bilinear where !antialias: return Self.linear(center - 0.5, input)
    case .bicubic where !antialias: return Self.cubic(center - 0.5, input)
    default: return spread(index, from: input, to: output, antialias: antialias)
    }
  }

  /// The two cells around `place`.
  private static func linear(_ place: Float, _ input: Int) -> ResamplingTable.Cell {
    let lower = Int(place.rounded(.down))
    let upper = min(Int(place.rounded(.up)), input - 1)
    guard lower >= 0, lower < upper else { return ResamplingTable.Cell(start: upper, weights: [1]) }
    let share = place - Float(lower)
    return ResamplingTable.Cell(start: lower, weights: [1 - share, share])
  }

  /// Keys' cubic of the four cells around `place`, which is rounded to 1/1024 of a cell.
  private static func cubic(_ place: Float, _ input: Int) -> ResamplingTable.Cell {
    let lower = Int(place.rounded(.down))
    let share = ((place - Float(lower)) * 1024).rounded(.toNearestOrEven) / 1024
    let weights = [1 + share, share, 1 - share, 2 - share].map(keysCubic)
    return normalized(weights, from: lower - 1, input)
  }

  /// The cells between `start` and `end`, each by the part of it that lies inside.
  private static func area(_ start: Float, _ end: Float, _ input: Int) -> ResamplingTable.Cell {
    let first = min(Int(start), input - 1)
    let last = max(first, min(Int(end.rounded(.up)), input) - 1)
    let weights = (first...last).map { cell in
      (min(Float(cell + 1), end) - max(Float(cell), start)) / (end - start)
    }
    return ResamplingTable.Cell(start: first, weights: weights)
  }

  /// The cells that the kernel reaches; with antialiasing it grows as the output shrinks.
  private func spread(_ index: Int, from input: Int, to output: Int, antialias: Bool) -> ResamplingTable.Cell {
    let scale = 1 / (Float(output) / Float(input))
    let center = (Float(index) + 0.5) * scale
    let width = antialias ? max(scale, 1) : 1
    let start = max(Int((center - radius * width - 0.5).rounded(.up)), 0)
    let end = min(Int((center + radius * width - 0.5).rounded(.down)), input - 1)
    let weights = (start...max(start, end)).map { weight(abs((Float($0) + 0.5 - center) * (1 / width))) }
    return Self.normalized(weights, from: start, input)
  }

  /// Drops cells outside the input and lets the others sum to 1.
  private static func normalized(_ weights: [Float], from start: Int, _ input: Int) -> ResamplingTable.Cell {
    let inside = weights.indices.filter { (0..<input).contains(start + $0) }
    let sum = inside.reduce(Float(0)) { $0 + weights[$1] }
    return ResamplingTable.Cell(start: start + (inside.first ?? 0), weights: inside.map { weights[$0] / sum })
  }

  private var radius: Float {
    switch self {
    case .bicubic: 2
    case .lanczos3: 3
    case .lanczos5: 5
    case .nearest, .bilinear, .area: 1
    }
  }

  /// The kernel at `distance` cells.
  private func weight(_ distance: Float) -> Float {
    switch self {
    case .bicubic: Self.keysCubic(distance)
    case .lanczos3, .lanczos5: lanczos(distance)
    case .nearest, .bilinear, .area: max(0, 1 - distance)
    }
  }

  /// Keys, 1981, with a = -½.
  private static func keysCubic(_ x: Float) -> Float {
    switch x {
    case 2...: 0
    case 1...: ((-0.5 * x + 2.5) * x - 4) * x + 2
    default: ((1.5 * x - 2.5) * x) * x + 1
    }
  }

  private func lanczos(_ x: Float) -> Float {
    if x > radius { return 0 }
    if x <= 1e-3 { return 1 }
    return radius * sinf(.pi * x) * sinf(.pi * x / radius) / (.pi * .pi * x * x)
  }
}

extension GraphBuilder {
  /// `x` with `axes` resized to `extents`, one after another.
  mutating func resize(
    _ x: Value, axes: [Int], to extents: [Int], _ interpolation: Interpolation, antialias: Bool = false
  ) throws(ModelError) -> Value {
    var x = try asFloat(x)
    for (axis, extent) in zip(axes, extents) where extent != x.shape[axis] {
      let input = x.shape[axis]
      x = try resample(x, axis: axis, to: extent) { index in
        interpolation.cell(index, from: input, to: extent, antialias: antialias)
      }
    }
    return x
  }
}
