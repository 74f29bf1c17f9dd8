import ArgumentParser
import Foundation

/// What a long-running server does to the library, and what a test process is too short or too crowded for.
@main
struct SoakCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ostinato-soak", abstract: "Load the library for long, and fail on any difference or growth.",
    subcommands: [
      LoadCommand.self, ForkCommand.self, MemoryCommand.self, BLASCommand.self, PropertiesCommand.self,
      KernelsCommand.self,
    ],
    defaultSubcommand: LoadCommand.self)
}

/// What went wrong, in one line.
struct SoakFailure: Error, CustomStringConvertible {
  let description: String
}
