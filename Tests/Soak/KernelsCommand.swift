import ArgumentParser
import KernelFences

struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Call each kernel in every small size with its buffers against guard pages.")

  func run() {
    for level in Level.all {
      for side in Fences.Side.allCases {
        for call in FencedKernels.Call.allCases { FencedKernels(level, side).run(call) }
      }
    }
    print("kernels: \(Level.all.map(\.description).joined(separator: ", ")) stay within their buffers")
  }
}
