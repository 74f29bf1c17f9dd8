/// `y = x · scale + shift` for rows `rows` of `n`; x may be y.
///
/// Vectors are spelled out, because the compiler must assume that y overlaps the scale.
package func scaleAndShift(_ x: Source, _ y: Target, rows: Range<Int>, n: Int, scale: Source, shift: Source) {
  typealias Lanes = SIMD8<Float>
  let vectors = n / Lanes.scalarCount * Lanes.scalarCount
  for row in rows {
    let (x, y) = (x + row * n, y + row * n)
    for index in stride(from: 0, to: vectors, by: Lanes.scalarCount) {
      let value = lanes(x + index) * lanes(scale + index) + lanes(shift + index)
      UnsafeMutableRawPointer(y + index).storeBytes(of: value, as: Lanes.self)
    }
    for index in vectors..<n { y[index] = x[index] * scale[index] + shift[index] }
  }
}

/// The eight floats at `pointer`, which need no alignment.
@inline(__always)
private func lanes(_ pointer: Source) -> SIMD8<Float> {
  UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
}
