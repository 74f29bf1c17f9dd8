/// How elements along an axis are gathered into running results.
package enum Cumulation: String, Sendable, Hashable {
  case sum, product

  /// Runs along the middle axis of `(outer, n, inner)` for `outer` in `rows`. `x` and `y` may be the same.
  package func apply(_ x: Source, _ y: Target, rows: Range<Int>, n: Int, inner: Int) {
    run(x, y, rows, n, inner) { self == .sum ? $0 + $1 : $0 * $1 }
  }

  /// The same for whole numbers, which wrap around.
  package func apply(
    _ x: UnsafePointer<Int32>, _ y: UnsafeMutablePointer<Int32>, rows: Range<Int>, n: Int, inner: Int
  ) {
    run(x, y, rows, n, inner) { self == .sum ? $0 &+ $1 : $0 &* $1 }
  }

  @inline(__always)
  private func run<Element>(
    _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ rows: Range<Int>, _ n: Int, _ inner: Int,
    _ combine: (Element, Element) -> Element
  ) {
    for row in rows {
      let (source, target) = (x + row * n * inner, y + row * n * inner)
      for index in 0..<min(n, 1) * inner { target[index] = source[index] }
      for index in inner..<max(n * inner, inner) { target[index] = combine(target[index - inner], source[index]) }
    }
  }
}
