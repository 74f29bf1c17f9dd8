import Foundation
import Ostinato
import Testing

@Suite("The command")
struct CommandTests {
  @Test("prints help for itself and each subcommand", arguments: ["summary", "predict", "verify", "bench"])
  func helps(subcommand: String) throws {
    #expect(try CommandLineTool.run("--help").output.contains(subcommand))
    let help = try CommandLineTool.run(subcommand, "--help")
    #expect(help.code == 0)
    #expect(help.output.contains("USAGE: ostinato \(subcommand) <model>"))
  }

  @Test("shows pictures with the digit that each is")
  func shows() throws {
    let shown = try CommandLineTool.run("predict", Repository.model, "--input", Repository.digits, "--show")
    #expect(shown.code == 0)
    let captions = shown.output.split(separator: "\n").filter { $0.contains("%  ") || $0.hasSuffix(" %") }
      .flatMap { $0.split(separator: " ") }.compactMap { Int($0) }
    #expect(captions == Array(0...8))
  }

  @Test("predicts into files, whose content verifies")
  func predictsAndVerifies() throws {
    let folder = try TemporaryFolder()
    let name = try #require(try Model(contentsOf: Repository.model).outputs.first?.name)
    for file in ["out.npy", "out.npz"] {
      let predicted = try CommandLineTool.run(
        "predict", Repository.model, "--input", Repository.digits, "--output", "\(name)=\(folder.path(file))")
      #expect(predicted.code == 0 && predicted.output.isEmpty, "\(predicted.errors)")
      let verified = try CommandLineTool.run(
        "verify", Repository.model, "--input", Repository.digits, "--expected", folder.path(file))
      #expect(verified.code == 0, "\(verified.errors)")
      #expect(verified.output.contains("all 90 elements agree"))
    }
  }

  @Test("names the worst element that differs")
  func verifiesNot() throws {
    let folder = try TemporaryFolder()
    var expected = try Model(contentsOf: Repository.model).predict(Tensor(contentsOfNPY: Repository.digits))
    expected[3, 7] = 2
    try expected.writeNPY(to: folder.path("wrong.npy"))
    let outcome = try CommandLineTool.run(
      "verify", Repository.model, "--input", Repository.digits, "--expected", folder.path("wrong.npy"))
    #expect(outcome.failed(1, saying: "element (3, 7)", "expected 2.0", "1 of 90"), "\(outcome)")
  }

  @Test("measures, as one JSON object")
  func benches() throws {
    let outcome = try CommandLineTool.run(
      "bench", Repository.model, "--batch", "2", "--threads", "1", "--seconds", "0", "--json")
    let report = try JSONValue(parsing: Array(outcome.output.utf8), name: "bench").object
    let keys = [
      "model", "batch", "threads", "runs", "median_s", "p90_s", "p99_s", "items_per_s", "load_s", "compile_s",
      "peak_rss_bytes",
    ]
    #expect(Set(report?.keys ?? [:].keys) == Set(keys))
    #expect(report?["batch"] == .int(2))
    #expect(report?["threads"] == .int(1))
  }

  @Test("measures with numbers that an Embedding knows", arguments: ["embedding", "embedding_mask_functional"])
  func benchesEmbedding(fixture: String) throws {
    let model = Repository.path("Tests/Fixtures/core/\(fixture)/model.keras")
    let outcome = try CommandLineTool.run("bench", model, "--batch", "64", "--seconds", "0")
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  @Test("asks for the extents that a model leaves open")
  func benchesOpenExtents() throws {
    let model = Repository.path("Tests/Fixtures/core/dense_any_length/model.keras")
    let input = try #require(try Model(contentsOf: model).inputs.first)
    let extents = input.shape.dimensions.dropFirst().map { String($0 ?? 5) }.joined(separator: ",")
    #expect(try CommandLineTool.run("bench", model).failed(1, saying: "--shape \(input.name)=", "\(input.shape)"))
    for shape in [extents, "\(input.name)=\(extents)"] {
      #expect(try CommandLineTool.run("bench", model, "--shape", shape, "--seconds", "0").code == 0)
    }
  }
}

@Suite("What the command says of mistakes")
struct CommandFailureTests {
  @Test("a file that is missing or no model")
  func wrongModel() throws {
    #expect(try CommandLineTool.run("summary", "nowhere.keras").failed(1, saying: "nowhere.keras"))
    #expect(try CommandLineTool.run("summary", Repository.digits).failed(1, saying: "digits.npy"))
  }

  @Test("an input that is missing, too many, unknown or of another shape")
  func wrongInputs() throws {
    func predict(_ input: String...) throws -> CommandLineTool.Outcome {
      input.count == 1
        ? try CommandLineTool.run("predict", Repository.model, "--input", input[0])
        : try CommandLineTool.run("predict", Repository.model, "--input", input[0], "--input", input[1])
    }
    let folder = try TemporaryFolder()
    try Tensor(zeros: [2, 9, 28, 1]).writeNPY(to: folder.path("small.npy"))
    #expect(try CommandLineTool.run("predict", Repository.model).failed(64, saying: "--input"))
    #expect(try predict("nowhere.npy").failed(1, saying: "nowhere.npy"))
    #expect(try predict("photo=" + Repository.digits).failed(1, saying: "'photo'", "(None, 28, 28, 1)"))
    #expect(try predict(Repository.digits, Repository.digits).failed(1, saying: "at most 1"))
    #expect(try predict(folder.path("small.npy")).failed(1, saying: "(None, 28, 28, 1)", "(2, 9, 28, 1)"))
  }

  @Test("an option that is unknown or out of range")
  func wrongUsage() throws {
    #expect(try CommandLineTool.run("summary", Repository.model, "--colour").failed(64, saying: "--colour"))
    #expect(try CommandLineTool.run("dance").failed(64, saying: "dance"))
    #expect(try CommandLineTool.run("bench", Repository.model, "--threads", "0").failed(64, saying: "--threads"))
    #expect(try CommandLineTool.run("bench", Repository.model, "--shape", "3,x").failed(64, saying: "3,x"))
  }

  @Test("a file that takes more memory than it may")
  func maximumBytes() throws {
    let summary = { (bytes: String) in
      try CommandLineTool.run("summary", Repository.model, "--maximum-bytes", bytes)
    }
    #expect(try summary("1000").failed(1, saying: "digits.keras", "at most 1000 bytes"))
    #expect(try summary("-1").failed(64, saying: "--maximum-bytes"))
    #expect(try summary("10000000").code == 0)
  }

  @Test("a shape that does not fit the model")
  func wrongShape() throws {
    let outcome = try CommandLineTool.run("bench", Repository.model, "--shape", "28,28,3")
    #expect(outcome.failed(1, saying: "(None, 28, 28, 1)", "(28, 28, 3)"), "\(outcome)")
  }

  @Test("an output that cannot be written")
  func wrongOutput() throws {
    let outcome = try CommandLineTool.run(
      "predict", Repository.model, "--input", Repository.digits, "--output", "/nowhere/out.npy")
    #expect(outcome.failed(1, saying: "/nowhere/out.npy"))
  }
}
