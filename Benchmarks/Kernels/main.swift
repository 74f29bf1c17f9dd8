// Prints the tables of Documentation/Kernels.md: GFLOP/s of kernels alone on one core, at each level that the machine has.

import CKernels
import KernelFences

let levels = Level.all.filter { $0.level != .CK_ISA_REFERENCE }

let convolutions = [
  Convolution(28, 28, 1, taps: (3, 3), filters: 1),
  Convolution(28, 28, 1, taps: (3, 3), filters: 3),
  Convolution(28, 28, 1, taps: (3, 3), filters: 4),
  Convolution(32, 32, 1, taps: (5, 5), filters: 6),
  Convolution(64, 64, 4, taps: (3, 3), filters: 4),
  Convolution(64, 64, 8, taps: (3, 3), filters: 4),
  Convolution(64, 64, 16, taps: (3, 3), filters: 4),
  Convolution(28, 28, 1, taps: (3, 3), filters: 32),
  Convolution(66, 66, 3, taps: (3, 3), filters: 32),
  Convolution(225, 225, 3, taps: (3, 3), filters: 32, stride: 2),
  Convolution(230, 230, 3, taps: (7, 7), filters: 64, stride: 2),
  Convolution(66, 66, 8, taps: (3, 3), filters: 32),
  Convolution(66, 66, 32, taps: (3, 3), filters: 64, stride: 2),
  Convolution(30, 30, 64, taps: (3, 3), filters: 128, stride: 2),
  Convolution(1, 1000, 4, taps: (1, 11), filters: 32),
  Convolution(1, 1000, 32, taps: (1, 11), filters: 32),
  Convolution(9, 9, 8, taps: (3, 3), filters: 32),
  Convolution(5, 5, 8, taps: (3, 3), filters: 32),
]

let others: [KernelCase] = [
  .gemm(1, 512, k: 784), .gemm(1, 10, k: 512), .gemm(128, 512, k: 784), .gemm(128, 10, k: 512), .gemm(784, 64, k: 256),
  .gemm(196, 256, k: 1024), .gemm(96, 96, k: 16), .gemm(96, 4, k: 784),
  .depthwise(54, 54, 64, stride: 1, byLines: false), .depthwise(54, 54, 64, stride: 1, byLines: true),
  .depthwise(12, 12, 384, stride: 1, byLines: false), .depthwise(12, 12, 384, stride: 1, byLines: true),
  .depthwise(28, 28, 96, stride: 2, byLines: false), .depthwise(28, 28, 96, stride: 2, byLines: true),
  .winograd(56, 64, tile: 4), .winograd(28, 64, tile: 4), .winograd(28, 128, tile: 4), .winograd(14, 256, tile: 4),
  .winograd(8, 128, tile: 2), .winograd(7, 512, tile: 2),
  .winograd1D(11_000, 32, taps: 11, filters: 32),
  .winograd1D(11_000, 32, taps: 41, dilation: 25, filters: 32),
  .winograd1D(lines: 141, 21, 32, taps: 12, filters: 100),
  .winograd1D(200, 64, taps: 3, filters: 64),
  .winograd1D(200, 64, taps: 5, filters: 64),
  .winograd1D(289, 160, taps: 7, dilation: 17, filters: 160),
  .recurrentStep(.CK_CELL_LSTM, "LSTM", gates: 4, rows: 32, units: 128),
  .recurrentStep(.CK_CELL_LSTM, "LSTM", gates: 4, rows: 1, units: 128),
  .recurrentStep(.CK_CELL_GRU, "GRU", gates: 3, rows: 32, units: 16),
  .recurrentStep(.CK_CELL_GRU, "GRU", gates: 3, rows: 32, units: 16, inputs: 15),
]

func row(_ name: String, _ cells: [String]) -> String { "| " + ([name] + cells).joined(separator: " | ") + " |" }

func cell(_ kernelCase: KernelCase, _ level: Level) -> String {
  "\(Int(kernelCase.speed(of: level.kernels).rounded()))"
}

print(row("convolution (input, kernel, filters)", levels.flatMap { ["\($0) patches", "\($0) lines"] }))
print("|" + String(repeating: "---|", count: 1 + 2 * levels.count))
for convolution in convolutions {
  print(row(convolution.name, levels.flatMap { [cell(convolution.patches, $0), cell(convolution.byLines, $0)] }))
}
print()
print(row("other kernels", levels.map(\.description)))
print("|" + String(repeating: "---|", count: 1 + levels.count))
for kernelCase in others { print(row(kernelCase.name, levels.map { cell(kernelCase, $0) })) }
