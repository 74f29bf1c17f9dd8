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
    subcommands: [SummaryCommand.self, PredictCommand.self, VerifyCommand.self, BenchCommand.self, ProfileCommand.self])

  static func main() {
    Interruption.hold()
    let work = Task(executorPreference: DeepThread()) {
      do {
        var command = try parseAsRoot()
        try command.run()
        exit(withError: nil)
      } catch {
        exit(withError: report(error))
      }
    }
    Interruption.wait(toCancel: work)
  }

  /// Says in one line what went wrong, or prints the help that was asked for, and gives the exit code.
  private static func report(_ error: any Error) -> ExitCode {
    if error is CancellationError {
      Interruption.say()
      return ExitCode(Interruption.exitCode)
    }
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
