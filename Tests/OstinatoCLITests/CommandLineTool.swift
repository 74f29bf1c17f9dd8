import Foundation

/// The `ostinato` executable that was built with the tests.
struct CommandLineTool {
  struct Outcome {
    let code: Int32
    let output: String
    let errors: String

    /// Whether the command ended with `code`, printed nothing and said why in one line that has all of `words`.
    func failed(_ code: Int32, saying words: String...) -> Bool {
      self.code == code && output.isEmpty && errors.hasPrefix("ostinato: ") && errors.hasSuffix("\n")
        && errors.filter(\.isNewline).count == 1 && words.allSatisfy { errors.contains($0) }
    }
  }

  static let executable = products.appending(path: "ostinato")
  private static let soak = products.appending(path: "ostinato-soak")

  private static let products: URL = {
    #if os(macOS)
      Bundle(for: Marker.self).bundleURL.deletingLastPathComponent()
    #else
      Bundle.main.bundleURL
    #endif
  }()

  /// Runs `ostinato` with `arguments` and waits for its end.
  static func run(_ arguments: String...) throws -> Outcome {
    try run(executable, arguments)
  }

  /// Runs a line of shell in which `$0` is `ostinato` and `$@` are the arguments.
  static func shell(_ script: String, _ arguments: [String]) throws -> Outcome {
    try run(URL(filePath: "/bin/sh"), ["-c", script, executable.path] + arguments)
  }

  /// Runs `ostinato-soak`, with more in its environment.
  static func soak(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
    try run(soak, arguments, environment)
  }

  private static func run(
    _ executable: URL, _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = executable
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(code: process.terminationStatus, output: text, errors: complaint)
  }
}

#if os(macOS)
  private final class Marker {}
#endif

/// A folder that is gone when the test is over.
final class TemporaryFolder {
  private let url = FileManager.default.temporaryDirectory.appending(path: "ostinato-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }
}

/// Files of the repository.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func path(_ path: String) -> String { root.appending(path: path).path }

  static let model = path("Examples/Data/digits.keras")
  static let digits = path("Examples/Data/digits.npy")
}
