import Foundation
import Testing

/// Whatever a file is, it gives a model or an error: never a signal, never a process without end.
@Suite struct MutationTests {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  private static func fixture(_ path: String) -> URL { tests.appending(path: "Fixtures/\(path)") }

  @Test(arguments: [
    ("zip", "operations/relu/model.keras"), ("keras", "core/dense/model.keras"),
    ("h5", "legacy/keras2_h5_mlp/model.h5"), ("hdf5", "legacy/keras2_h5_mlp/model.h5"),
  ])
  func truncations(_ exercise: String, _ path: String) throws {
    let size = try #require(try Self.fixture(path).resourceValues(forKeys: [.fileSizeKey]).fileSize)
    let failures = try ExerciseTool.failures(exercise, Self.fixture(path), "truncation", 0..<size)
    #expect(failures.isEmpty, "\(failures)")
  }

  @Test(arguments: [
    ("zip", "operations/relu/model.keras", 500), ("keras", "core/dense/model.keras", 300),
    ("keras", "rnn/cell_gru/model.keras", 300), ("keras", "rnn/cell_lstm_mask/model.keras", 300),
    ("config", "convolutional/conv2d/model.keras", 300),
    ("config", "preprocessing/integer_lookup_mask/model.keras", 300),
    ("h5", "legacy/keras2_h5_mlp/model.h5", 300), ("h5", "legacy/keras1_convolutions/model.h5", 300),
  ])
  func changes(_ exercise: String, _ path: String, _ count: Int) throws {
    let failures = try ExerciseTool.failures(exercise, Self.fixture(path), "change", 0..<count)
    #expect(failures.isEmpty, "\(failures)")
  }

  /// What fuzzers have found. The folder names the exercise.
  @Test func corpus() throws {
    let corpus = Self.tests.appending(path: "Corpus")
    let names = try FileManager.default.subpathsOfDirectory(atPath: corpus.path).sorted().filter { $0.contains("/") }
    #expect(!names.isEmpty)
    for name in names {
      let exercise = String(name.prefix { $0 != "/" })
      let failures = try ExerciseTool.failures(exercise, corpus.appending(path: name), "none", 0..<1)
      #expect(failures.isEmpty, "\(failures)")
    }
  }
}
