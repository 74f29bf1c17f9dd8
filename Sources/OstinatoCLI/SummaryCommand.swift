import ArgumentParser
import Ostinato

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Print a model's layers, output shapes and parameters as Keras does.")

  @OptionGroup var model: ModelArguments

  func run() throws {
    try StandardStream.output.write(model.load().summary() + "\n")
  }
}
