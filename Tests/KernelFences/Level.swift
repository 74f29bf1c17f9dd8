import CKernels

/// A level that this machine has.
package struct Level: Sendable, CustomStringConvertible {
  package let level: ck_isa_level

  package static let reference = Level(level: .CK_ISA_REFERENCE)

  package static let all: [Level] = [ck_isa_level.CK_ISA_REFERENCE, .CK_ISA_AVX2, .CK_ISA_AVX512, .CK_ISA_NEON]
    .filter { ck_kernels_for($0) != nil }
    .map(Level.init)

  package var kernels: ck_kernels { ck_kernels_for(level).pointee }
  package var description: String { String(cString: kernels.name) }
}

extension ck_activation: @retroactive @unchecked Sendable {
  package static let linear = ck_activation(kind: .CK_ACT_NONE, alpha: 0, beta: 0)
  package static let relu = ck_activation(kind: .CK_ACT_RELU, alpha: 0, beta: 0)
  package static let sigmoid = ck_activation(kind: .CK_ACT_SIGMOID, alpha: 0, beta: 0)
  package static let tanh = ck_activation(kind: .CK_ACT_TANH, alpha: 0, beta: 0)

  /// Every activation with plausible parameters.
  package static let all: [ck_activation] = [
    linear, relu, sigmoid, tanh,
    ck_activation(kind: .CK_ACT_CLIP, alpha: 0, beta: 6),
    ck_activation(kind: .CK_ACT_LEAKY_RELU, alpha: 0.3, beta: 0),
    ck_activation(kind: .CK_ACT_ELU, alpha: 1.7580993, beta: 1.050701),
    ck_activation(kind: .CK_ACT_HARD_SIGMOID, alpha: 1 / 6, beta: 0.5),
    ck_activation(kind: .CK_ACT_SILU, alpha: 0, beta: 0),
    ck_activation(kind: .CK_ACT_HARD_SILU, alpha: 1 / 6, beta: 0.5),
    ck_activation(kind: .CK_ACT_GELU, alpha: 0, beta: 0),
    ck_activation(kind: .CK_ACT_GELU_TANH, alpha: 0, beta: 0),
    ck_activation(kind: .CK_ACT_SOFTPLUS, alpha: 0, beta: 0),
    ck_activation(kind: .CK_ACT_EXP, alpha: 0, beta: 0),
    ck_activation(kind: .CK_ACT_ERF, alpha: 0, beta: 0),
  ]
}

extension ck_cell_kind {
  package static let all: [ck_cell_kind] = [.CK_CELL_SIMPLE, .CK_CELL_GRU, .CK_CELL_GRU_RESET_FIRST, .CK_CELL_LSTM]

  /// Blocks of columns that its kernels have.
  package var gates: Int {
    switch self {
    case .CK_CELL_SIMPLE: 1
    case .CK_CELL_GRU, .CK_CELL_GRU_RESET_FIRST: 3
    case .CK_CELL_LSTM: 4
    }
  }
}
