import ArgumentParser
import Foundation
import Ostinato

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ostinato-bench",
    abstract: "Measure the throughput of small models.",
    discussion: "Each row is the median of many predictions after a warm-up. The peak is measured on the same threads.")

  @Option(help: "Threads to run on.")
  var threads = ThreadPool.processorCount

  @Option(help: "Seconds for each row.")
  var seconds = 1.0

  @Option(help: "Measure only models whose name contains this.")
  var filter = ""

  @Flag(help: "Show the steps of each model too.")
  var steps = false

  func validate() throws {
    guard threads >= 1, seconds > 0 else { throw ValidationError("expected --threads and --seconds above 0") }
  }

  func run() throws {
    let peak = measuredPeak(threads: threads)
    print(String(format: "%d threads, measured peak %.1f GFLOP/s\n", threads, peak / 1e9))
    print(Self.row(["batch", "median µs", "p99 µs", "items/s", "GFLOP/s", "of peak"]))
    let options = ExecutionOptions(pool: ThreadPool(threadCount: threads))
    for item in Case.all where filter.isEmpty || item.name.contains(filter) {
      print(item.name)
      let model = try item.make(options)
      for batch in item.batches { try measure(model, batch, peak) }
    }
  }

  private func measure(_ model: Model, _ batch: Int, _ peak: Double) throws {
    let inputs = try Case.inputs(of: model, batch: batch)
    let flops = Double(try model.flops(for: inputs.map(\.shape)))
    let times = try Measurement(seconds: seconds) { _ = try model.predict(inputs: inputs) }
    print(
      Self.row([
        "\(batch)", String(format: "%.1f", times.median * 1e6), String(format: "%.1f", times.p99 * 1e6),
        String(format: "%.0f", Double(batch) / times.median), Self.speed(flops, times.median),
        Self.share(flops, times.median, peak),
      ]))
    guard steps else { return }
    for step in try model.profile(inputs: inputs, runs: 50) {
      let flops = Double(step.flops)
      print(
        Self.row([
          "", String(format: "%.1f", step.seconds * 1e6), "", "", Self.speed(flops, step.seconds),
          Self.share(flops, step.seconds, peak), "  \(step.operation) \(step.detail)",
        ]))
    }
  }

  private static func speed(_ flops: Double, _ seconds: Double) -> String {
    String(format: "%.1f", flops / max(seconds, 1e-12) / 1e9)
  }

  private static func share(_ flops: Double, _ seconds: Double, _ peak: Double) -> String {
    String(format: "%.0f %%", 100 * flops / max(seconds, 1e-12) / peak)
  }

  private static func row(_ cells: [String]) -> String {
    cells.enumerated().map { index, cell in
      index < 6 ? String(repeating: " ", count: max(0, 12 - cell.count)) + cell : cell
    }.joined()
  }
}

BenchmarkCommand.main()
