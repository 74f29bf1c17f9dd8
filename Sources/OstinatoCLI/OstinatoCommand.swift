import ArgumentParser
import Ostinato

@main
struct OstinatoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ostinato",
    abstract: "Run Keras models.",
    discussion: """
      A model is a .keras file. Tensors are read from and written to .npy files, or .npz archives of them. Inputs and \
      outputs without a name go by position: FILE or NAME=FILE.
      """,
    subcommands: [SummaryCommand.self, PredictCommand.self, VerifyCommand.self, BenchCommand.self])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      exit(withError: report(error))
    }
  }

  /// Says in one line what went wrong, or prints the help that was asked for, and gives the exit code.
  private static func report(_ error: any Error) -> ExitCode {
    let code = exitCode(for: error)
    guard code.isSuccess else {
      let line = message(for: error).split(whereSeparator: \.isNewline).joined(separator: " ")
      StandardStream.error.writeIfPossible("ostinato: \(line)\n")
      return code
    }
    do {
      try StandardStream.output.write(fullMessage(for: error) + "\n")
      return code
    } catch {
      return report(error)
    }
  }
}
