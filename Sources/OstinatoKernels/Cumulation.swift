/// How elements along an axis are gathered into running results.
package enum Cumulation: String, Sendable, Hashable {
  case sum, product

  /// Runs along the middle axis of `(outer, n, inner)` for `outer` in `rows`. `x` and `y` may be the same.
  package func apply(_ x: Source, _ y: Target, rows: Range<Int>, n: Int, inner: Int) {
    for row in rows {
      let (source, target) = (x + row * n * inner, y + row * n * inner)
      for index in 0..<min(n, 1) * inner { target[index] = source[index] }
      for index in inner..<max(n * inner, inner) {
        let before = target[index - inner]
        target[index] = self == .sum ? before + source[index] : before * source[index]
      }
    }
  }
}
