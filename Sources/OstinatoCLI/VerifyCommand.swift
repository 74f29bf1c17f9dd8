import ArgumentParser
import Ostinato

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare a model's outputs with expected ones.",
    discussion: """
      An element agrees when |actual - expected| <= atol + rtol * |expected|. Where one does not, the worst is named and \
      the exit code is 1.
      """)

  @OptionGroup var model: ModelArguments

  @Option(help: ArgumentHelp("A .npy or .npz file for an input; once for each input.", valueName: "[name=]file"))
  var input: [NamedPath]

  @Option(help: ArgumentHelp("A .npy or .npz file that an output is compared with.", valueName: "[name=]file"))
  var expected: [NamedPath]

  @Option(help: ArgumentHelp("The relative tolerance.", valueName: "r"))
  var rtol: Float = 1e-5

  @Option(help: ArgumentHelp("The absolute tolerance.", valueName: "a"))
  var atol: Float = 1e-6

  @OptionGroup var execution: ExecutionArguments

  func validate() throws {
    for (name, value) in [("--rtol", rtol), ("--atol", atol)] where !(value >= 0 && value.isFinite) {
      throw ValidationError("expected \(name) that is not negative. Received: \(value)")
    }
  }

  func run() throws {
    let model = try model.load(execution.options)
    let inputs = try model.inputs.placeAll(TensorFiles.read(input), kind: "input")
    let expected = try model.outputs.place(TensorFiles.read(expected), kind: "output")
    let outputs = try model.predict(inputs: inputs)
    var failures: [(name: String, difference: TensorDifference)] = []
    for (index, description) in model.outputs.enumerated() {
      guard let expected = expected[index] else { continue }
      if let difference = try compare(outputs[index], with: expected, of: description) {
        failures.append((description.name, difference))
      }
    }
    if let worst = failures.max(by: { $0.difference.absolute < $1.difference.absolute }) {
      throw ModelError(.shapeMismatch, "output '\(worst.name)'", worst.difference.description)
    }
  }

  /// Where the output is farthest outside the tolerance, or nil, and then a line that says so is printed.
  private func compare(
    _ output: Tensor, with expected: Tensor, of description: TensorDescription
  ) throws -> TensorDifference? {
    guard output.shape == expected.shape else {
      throw ModelError(
        .shapeMismatch, "output '\(description.name)'", "expected shape \(expected.shape). Received: \(output.shape)")
    }
    if let difference = output.difference(from: expected, relative: rtol, absolute: atol) { return difference }
    let largest = output.difference(from: expected, relative: 0, absolute: 0)?.absolute ?? 0
    try StandardStream.output.write(
      "\(description.name) \(output.shape): all \(output.elementCount) elements agree; largest difference \(largest)\n")
    return nil
  }
}
