import OstinatoKernels
import OstinatoTensors

/// An operation whose output is linear in its input, column by column of its constant kernel, so that what follows can
/// move into it: a scale into the kernel, a shift into the bias, a sum and an activation into the epilogue.
///
/// Inputs: x, kernel `(…, n)`, then bias `(n)` and residual (the output's shape) where the epilogue has them.
package protocol LinearOperation: Operation {
  var epilogue: LinearEpilogue { get set }
}

/// What a linear operation does to its output before it leaves the cache: `activation(y + bias + residual)`.
package struct LinearEpilogue: Sendable, Hashable {
  package var hasBias = false
  package var hasResidual = false
  package var activation: UnaryFunction?

  package init() {}

  /// Whether nothing but a bias follows the product.
  var isBiasAlone: Bool { !hasResidual && activation == nil }

  package var biasSlot: Int? { hasBias ? 2 : nil }
  package var residualSlot: Int? { hasResidual ? (hasBias ? 3 : 2) : nil }

  /// The epilogue over the addresses of one run.
  package func resolve(_ operands: Operands) -> Epilogue {
    Epilogue(
      bias: biasSlot.map { operands.input($0) }, residual: residualSlot.map { operands.input($0) },
      activation: activation)
  }

  package var detail: String {
    (hasBias ? " + bias" : "") + (hasResidual ? " + residual" : "")
      + (activation.map { " → \("\($0)".prefix { $0 != "(" })" } ?? "")
  }
}
