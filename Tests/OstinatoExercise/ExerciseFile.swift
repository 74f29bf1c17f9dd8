import OstinatoTensors
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A temporary file, for what can only be read from a path.
final class ExerciseFile: Sendable {
  static let shared = ExerciseFile()

  private let path = FileManager.default.temporaryDirectory.path + "/ostinato-exercise-\(UUID().uuidString)"

  func with(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try bytes.withUnsafeBytes { try FileBytes.write($0, to: path) }
    try body(path)
  }
}
