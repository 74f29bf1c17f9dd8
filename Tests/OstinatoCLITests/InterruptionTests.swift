import Foundation
import Ostinato
import Testing

/// A command that is stopped, or whose output has no room, leaves whole files only.
@Suite("What the command leaves behind")
struct InterruptionTests {
  private static let old = Data("as it was".utf8)

  /// A file that is there before the command runs.
  private func oldFile(_ name: String, in folder: TemporaryFolder) throws -> String {
    try Self.old.write(to: URL(filePath: folder.path(name)))
    return folder.path(name)
  }

  private func isUntouched(_ path: String, in folder: TemporaryFolder) throws -> Bool {
    let name = URL(filePath: path).lastPathComponent
    let others = try FileManager.default.contentsOfDirectory(atPath: folder.path("")).filter {
      $0.hasPrefix(name + ".")
    }
    return try Data(contentsOf: URL(filePath: path)) == Self.old && others.isEmpty
  }

  /// A model that takes minutes for the input, and the input.
  private func longWork(in folder: TemporaryFolder) throws -> [String] {
    let model = try Model([Input(shape: [16, 16, 3])] + (0..<8).map { _ in Conv2D(64, (3, 3), padding: .same) })
    try model.save(to: folder.path("slow.keras"))
    try Tensor(zeros: [10_000, 16, 16, 3]).writeNPY(to: folder.path("in.npy"))
    return ["predict", folder.path("slow.keras"), "--input", folder.path("in.npy")]
  }

  @Test("an interrupted prediction says how far it came and writes nothing", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    let folder = try TemporaryFolder()
    let target = try oldFile("out.npy", in: folder)
    let process = Process()
    let errors = Pipe()
    process.executableURL = CommandLineTool.executable
    process.arguments = try longWork(in: folder) + ["--batch-size", "1", "--output", target]
    process.standardError = errors
    try process.run()
    Thread.sleep(forTimeInterval: 3)
    let signalled = ContinuousClock.now
    kill(process.processIdentifier, signal)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(ContinuousClock.now - signalled < .seconds(1))
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
    #expect(text.wholeMatch(of: /ostinato: stopped after [0-9,]+ of 10,000 samples\n/) != nil, "\(text)")
    #expect(try isUntouched(target, in: folder))
  }

  @Test(
    "a full disk leaves the old file and says why",
    arguments: [
      ["predict", Repository.model, "--input", Repository.digits, "--output"],
      ["profile", Repository.model, "--runs", "1", "--trace"],
    ])
  func fullDisk(arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let target = try oldFile("out.npz", in: folder)
    // A limit on the size of files stands for a disk without room.
    let outcome = try CommandLineTool.shell(#"trap '' XFSZ; ulimit -f 0; "$0" "$@""#, arguments + [target])
    #expect(outcome.failed(1, saying: "out.npz", "File too large"), "\(outcome)")
    #expect(try isUntouched(target, in: folder))
  }

  #if os(Linux)
    @Test(
      "a device without room says why",
      arguments: [#""$0" "$@" --show > /dev/full"#, #""$0" "$@" > /dev/full"#, #""$0" "$@" --output /dev/full"#])
    func fullDevice(script: String) throws {
      let outcome = try CommandLineTool.shell(script, ["predict", Repository.model, "--input", Repository.digits])
      #expect(outcome.failed(1, saying: "No space left on device"), "\(outcome)")
    }
  #endif

  @Test("a reader that has enough ends the command quietly")
  func closedPipe() throws {
    let outcome = try CommandLineTool.shell(#""$0" "$@" | true"#, ["summary", Repository.model])
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
  }
}
