import CKernels

/// What a recurrent cell makes of its gates and of its state.
package enum GateFunction: Sendable, Hashable {
  case identity
  /// Of each unit on its own.
  case elementwise(UnaryFunction)
  /// Of all units of a gate together.
  case acrossUnits(RowFunction)

  /// Applies to `gates` rows of `units` elements. `x` and `y` may be the same.
  func apply(_ x: Source, _ y: Target, gates: Int = 1, units: Int) {
    switch self {
    case .identity: if x != UnsafePointer(y) { y.update(from: x, count: gates * units) }
    case .elementwise(let function): function.apply(x, y, count: gates * units)
    case .acrossUnits(let function): function.apply(x, y, rows: 0..<gates, n: units)
    }
  }

  /// The function as the C kernels of whole cells know it; nil where they do not.
  var kernelActivation: ck_activation? {
    switch self {
    case .identity: UnaryFunction.kernelActivation(nil)
    case .elementwise(let function): UnaryFunction.kernelActivation(function)
    case .acrossUnits: nil
    }
  }
}
