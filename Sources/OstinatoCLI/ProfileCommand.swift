import ArgumentParser
import Foundation
import Ostinato

struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Show where the time of a prediction goes.",
    discussion: """
      Prints the median time of each step, its share of the whole, and its speed. The input is random, the same every \
      time. A trace opens in chrome://tracing or in Perfetto.

      ostinato profile digits.keras --batch 32 --trace digits.json
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var execution: ExecutionArguments

  @Option(help: ArgumentHelp("How often each step runs.", valueName: "n"))
  var runs = 20

  @Option(help: ArgumentHelp("Write one prediction as a Chrome trace.", valueName: "file"))
  var trace: String?

  func validate() throws {
    if runs < 1 { throw ValidationError("expected --runs of at least 1. Received: \(runs)") }
  }

  func run() throws {
    let model = try self.model.load(execution.options)
    let inputs = workload.tensors(try workload.shapes(for: model), for: model)
    _ = try model.predict(inputs: inputs)
    let steps = try model.profile(inputs: inputs, runs: runs)
    if let trace { try JSONEncoder().encode(ChromeTrace(steps)).withUnsafeBytes { try FileBytes.write($0, to: trace) } }
    try StandardStream.output.write(Self.table(steps))
  }

  private static func table(_ steps: [StepProfile]) -> String {
    let total = steps.reduce(0) { $0 + $1.seconds }
    func row(_ step: StepProfile) -> [String] {
      [
        String(format: "%.1f", step.seconds * 1e6), String(format: "%.1f %%", 100 * step.seconds / max(total, 1e-12)),
        String(format: "%.1f", Double(step.flops) / max(step.seconds, 1e-12) / 1e9), step.operation, step.detail,
        step.layer,
      ]
    }
    let rows = [["µs", "share", "GFLOP/s", "operation", "sizes", "layer"]] + steps.map(row)
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column < 3 ? space + cell.0 : column < row.count - 1 ? cell.0 + space : cell.0
      }.joined(separator: "  ")
    }
    return lines.joined(separator: "\n") + String(format: "\n%.1f µs in all\n", total * 1e6)
  }
}

/// The steps one after another in the format of Chrome's `about:tracing`.
private struct ChromeTrace: Encodable {
  struct Event: Encodable {
    let name: String
    let cat: String
    let ph = "X"
    let ts: Double
    let dur: Double
    let pid = 0
    let tid = 0
    let args: [String: String]

    enum CodingKeys: CodingKey { case name, cat, ph, ts, dur, pid, tid, args }
  }

  let traceEvents: [Event]

  init(_ steps: [StepProfile]) {
    var start = 0.0
    traceEvents = steps.map { step in
      defer { start += step.seconds * 1e6 }
      return Event(
        name: step.layer, cat: step.operation, ts: start, dur: step.seconds * 1e6, args: ["sizes": step.detail])
    }
  }
}
