import ArgumentParser
import Ostinato

/// The model that a subcommand works on.
struct ModelArguments: ParsableArguments {
  @Argument(help: "The model: a .keras or .h5 file.", completion: .file(extensions: ["keras", "h5", "hdf5"]))
  var model: String

  @Option(help: ArgumentHelp("The most bytes that the model's file may take in memory.", valueName: "n"))
  var maximumBytes = LoadOptions().maximumBytes

  /// Reads the model.
  func load(_ execution: ExecutionOptions = ExecutionOptions()) throws -> Model {
    try Model(contentsOf: model, options: LoadOptions(maximumBytes: maximumBytes), executionOptions: execution)
  }

  func validate() throws {
    if maximumBytes < 0 {
      throw ValidationError("expected --maximum-bytes that are not negative. Received: \(maximumBytes)")
    }
  }
}

/// How the model runs.
struct ExecutionArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Threads to run on. (default: one for each processor)", valueName: "n"))
  var threads: Int?

  var options: ExecutionOptions {
    threads.map { ExecutionOptions(pool: ThreadPool(threadCount: $0)) } ?? ExecutionOptions()
  }

  private static let maximumThreads = 1024

  func validate() throws {
    if let threads, !(1...Self.maximumThreads).contains(threads) {
      throw ValidationError("expected --threads from 1 to \(Self.maximumThreads). Received: \(threads)")
    }
  }
}
