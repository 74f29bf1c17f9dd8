import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

import OstinatoTensors

/// The path of a file in this target's `Resources`.
func resource(_ name: String, beside file: String = #filePath) -> String {
  "\(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])/Resources/\(name)"
}

/// Calls `body` with the path of an empty folder that is removed afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = "/tmp/ostinato-tests-\(UInt64.random(in: 0 ... .max))"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}

/// The error of the package that `body` throws; a test failure when it throws none.
func modelError(from body: () throws -> Void) throws -> ModelError {
  try #require(throws: ModelError.self, performing: body)
}

/// A generator whose numbers are the same on every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Makes the folder that `path` lies in.
func makeFolder(of path: String) throws {
  let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
}

/// The paths, relative to `folder`, of everything below it.
func files(below folder: String) throws -> [String] {
  try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
}
