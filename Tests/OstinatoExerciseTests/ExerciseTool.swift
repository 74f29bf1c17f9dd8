import Foundation

/// The tool that was built with the tests.
struct ExerciseTool {
  /// A case that ended the tool's process.
  struct Failure: CustomStringConvertible {
    let command: String
    let reason: String
    var description: String { "\(command): \(reason)" }
  }

  private static let executable: URL = {
    #if os(macOS)
      let products = Bundle(for: Marker.self).bundleURL.deletingLastPathComponent()
    #else
      let products = Bundle.main.bundleURL
    #endif
    return products.appending(path: "OstinatoExerciseTool")
  }()

  /// Runs the cases in `numbers`, and after one that ends the process, those behind it.
  static func failures(_ exercise: String, _ file: URL, _ mutation: String, _ numbers: Range<Int>) throws -> [Failure] {
    var (failures, first) = ([Failure](), numbers.lowerBound)
    while first < numbers.upperBound, failures.count < 5 {
      let (last, reason) = try run([exercise, file.path, mutation, "\(first)", "\(numbers.upperBound)"])
      guard let reason else { return failures }
      failures.append(Failure(command: "\(exercise) \(file.path) \(mutation) \(last ?? first)", reason: reason))
      first = (last ?? numbers.upperBound) + 1
    }
    return failures
  }

  /// The last case that began, and why the process ended; nil where it ended well.
  private static func run(_ arguments: [String]) throws -> (last: Int?, reason: String?) {
    let process = Process()
    let (output, errors) = (Pipe(), FileHandle(forWritingAtPath: "/dev/null"))
    process.executableURL = executable
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let isFine = process.terminationReason == .exit && process.terminationStatus == 0
    let kind = process.terminationReason == .exit ? "exit status" : "signal"
    return (
      text.split(separator: "\n").last.flatMap { Int($0) }, isFine ? nil : "\(kind) \(process.terminationStatus)"
    )
  }
}

#if os(macOS)
  private final class Marker {}
#endif
