import ArgumentParser
import Ostinato

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Run a model on tensors from files.",
    discussion: """
      Without --output the outputs are printed.

      ostinato predict digits.keras --input digits.npy --show
      ostinato predict tagger.keras --input ids=words.npy --input lengths.npy --output tags=tags.npy
      """)

  @OptionGroup var model: ModelArguments

  @Option(help: ArgumentHelp("A .npy or .npz file for an input; once for each input.", valueName: "[name=]file"))
  var input: [NamedPath]

  @Option(
    help: ArgumentHelp("A .npy file for an output, or a .npz file for all others.", valueName: "[name=]file"))
  var output: [NamedPath] = []

  @Flag(help: "Print each image of a classifier as a picture, with its most probable class.")
  var show = false

  @Option(help: ArgumentHelp("Rows that go through the model at once. (default: what fits the cache)", valueName: "n"))
  var batchSize: Int?

  @OptionGroup var execution: ExecutionArguments

  func validate() throws {
    if let batchSize, batchSize < 1 {
      throw ValidationError("expected --batch-size of at least 1. Received: \(batchSize)")
    }
  }

  func run() throws {
    let model = try model.load(execution.options)
    let files = try OutputFiles(output, of: model.outputs)
    let inputs = try model.inputs.placeAll(TensorFiles.read(input), kind: "input")
    let rows = inputs.first?.shape.first ?? 0
    Interruption.note(done: 0, of: rows)
    let outputs = try model.predict(inputs: inputs, batchSize: batchSize) { Interruption.note(done: $0, of: rows) }
    if show { try StandardStream.output.write(Gallery(images: inputs, scores: outputs).description + "\n") }
    try files.write(outputs)
    if output.isEmpty, !show { try StandardStream.output.write(Self.listing(outputs, of: model)) }
  }

  /// The outputs as text; their names where there are several.
  private static func listing(_ outputs: [Tensor], of model: Model) -> String {
    zip(model.outputs, outputs).map { description, tensor in
      outputs.count == 1 ? "\(tensor)\n" : "\(description.name): \(tensor)\n"
    }.joined()
  }
}
