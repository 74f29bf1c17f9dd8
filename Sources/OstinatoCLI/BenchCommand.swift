import ArgumentParser
import Foundation
import Ostinato

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast a model predicts.",
    discussion: """
      The input is random, the same every time. Items per second are the batch over the median of the runs.

      ostinato bench tagger.keras --shape 64,15 --batch 32
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var execution: ExecutionArguments

  @Option(help: ArgumentHelp("How long to measure.", valueName: "s"))
  var seconds: Double = 2

  @Flag(help: "Print one JSON object.")
  var json = false

  private static let fewestRuns = 3

  func validate() throws {
    guard seconds >= 0, seconds.isFinite else {
      throw ValidationError("expected --seconds that is not negative. Received: \(seconds)")
    }
  }

  func run() throws {
    let options = execution.options
    let (model, loading) = try timed { try self.model.load(options) }
    let shapes = try workload.shapes(for: model)
    let (_, compiling) = try timed { try model.prepare(for: shapes) }
    let inputs = workload.tensors(shapes, for: model)
    _ = try model.predict(inputs: inputs)
    let runs = try measure(model, inputs).sorted()
    let report = BenchReport(
      model: self.model.model, batch: workload.batch, threads: options.pool.threadCount, sortedRuns: runs,
      load: loading, compile: compiling)
    try StandardStream.output.write((json ? try report.json : report.text) + "\n")
  }

  /// The seconds that each of as many predictions takes as fit the time.
  private func measure(_ model: Model, _ inputs: [Tensor]) throws -> [Double] {
    var runs: [Double] = []
    var total = 0.0
    while total < seconds || runs.count < Self.fewestRuns {
      let (_, run) = try timed { try model.predict(inputs: inputs) }
      runs.append(run)
      total += run
    }
    return runs
  }
}

/// What `body` gives, and the seconds it takes.
func timed<Result>(_ body: () throws -> Result) rethrows -> (result: Result, seconds: Double) {
  let clock = ContinuousClock()
  let start = clock.now
  let result = try body()
  return (result, (clock.now - start) / .seconds(1))
}

/// What a measurement found.
struct BenchReport: Encodable {
  let model: String
  let batch: Int
  let threads: Int
  let runs: Int
  let median: Double
  let p90: Double
  let p99: Double
  let itemsPerSecond: Double
  let load: Double
  let compile: Double
  let peakResidentBytes: Int

  enum CodingKeys: String, CodingKey {
    case model, batch, threads, runs
    case median = "median_s"
    case p90 = "p90_s"
    case p99 = "p99_s"
    case itemsPerSecond = "items_per_s"
    case load = "load_s"
    case compile = "compile_s"
    case peakResidentBytes = "peak_rss_bytes"
  }

  /// - Parameter sortedRuns: the seconds of each run, shortest first; at least one.
  init(model: String, batch: Int, threads: Int, sortedRuns: [Double], load: Double, compile: Double) {
    /// The run that the given share of all runs does not exceed.
    func percentile(_ share: Double) -> Double {
      sortedRuns[min(sortedRuns.count - 1, max(0, Int((share * Double(sortedRuns.count)).rounded(.up)) - 1))]
    }
    self.model = model
    self.batch = batch
    self.threads = threads
    self.runs = sortedRuns.count
    self.median = percentile(0.5)
    self.p90 = percentile(0.9)
    self.p99 = percentile(0.99)
    self.itemsPerSecond = Double(batch) / max(median, .leastNormalMagnitude)
    self.load = load
    self.compile = compile
    self.peakResidentBytes = OstinatoCLI.peakResidentBytes()
  }

  /// One JSON object on one line.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// The same for a reader.
  var text: String {
    func milliseconds(_ seconds: Double) -> String { String(format: "%.3f ms", seconds * 1000) }
    return [
      "\(model): batch \(batch), threads \(threads), runs \(runs)",
      "  median   \(milliseconds(median))  (90 %: \(milliseconds(p90)), 99 %: \(milliseconds(p99)))",
      String(format: "  items    %.1f per second", itemsPerSecond),
      "  load     \(milliseconds(load))",
      "  compile  \(milliseconds(compile))",
      String(format: "  memory   %.1f MB at most", Double(peakResidentBytes) / 1e6),
    ].joined(separator: "\n")
  }
}
