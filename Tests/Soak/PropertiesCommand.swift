import ArgumentParser
import RandomModels

struct PropertiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "properties", abstract: "Try what holds for every model on many; fail on the first that breaks it.")

  @Option(help: "Where the seeds begin.")
  var seed: UInt64 = 0

  @Option(help: "How many models.")
  var models: UInt64 = 3000

  func run() throws {
    for seed in seed..<seed + models {
      if let violation = try ModelProperties(RandomModel(seed: seed)).violations().first {
        throw SoakFailure(description: violation)
      }
    }
    print("properties: all hold for \(models) models")
  }
}
