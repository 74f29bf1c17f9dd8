import Ostinato

/// What stops the tour, in one line.
struct TourError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Prints the steps of the tour and counts what does not come out as it should.
struct Report {
  private(set) var failures = 0

  func step(_ title: String) {
    print("\n== \(title)\n")
  }

  mutating func check(_ isRight: Bool, _ what: String) {
    print(isRight ? "  ✓ \(what)" : "  ✗ \(what)")
    if !isRight { failures += 1 }
  }

  /// Prints `value` and checks that it is `expected`.
  mutating func expect<Value: Equatable>(_ what: String, _ value: Value, _ expected: Value) {
    check(value == expected, value == expected ? "\(what): \(value)" : "\(what): \(value), expected \(expected)")
  }

  /// Checks that two tensors have the same shape and the same numbers, bit by bit.
  mutating func expectSame(_ what: String, _ left: Tensor, _ right: Tensor) {
    check(left.shape == right.shape && left.floats.map(\.bitPattern) == right.floats.map(\.bitPattern), what)
  }
}
