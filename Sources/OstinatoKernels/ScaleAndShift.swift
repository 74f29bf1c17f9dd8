/// `y = x · scale + shift` for rows `rows` of `n`; x may be y.
package func scaleAndShift(_ x: Source, _ y: Target, rows: Range<Int>, n: Int, scale: Source, shift: Source) {
  let vectors = n.wholeLanes
  for row in rows {
    let (x, y) = (x + row * n, y + row * n)
    for index in stride(from: 0, to: vectors, by: Lanes.scalarCount) {
      (y + index).store((x + index).lanes * (scale + index).lanes + (shift + index).lanes)
    }
    for index in vectors..<n { y[index] = x[index] * scale[index] + shift[index] }
  }
}
