import Ostinato

/// Answers the requests of `Peers/measure.py`, in the protocol that `Peers/runners/protocol.py` describes.
struct Engine {
  private var model: Model?
  private var inputs: [Tensor] = []
  private var results: [Tensor] = []

  /// The answer to a line of fields: `ok` and what was asked for, or `error` and the reason.
  mutating func answer(_ fields: [String]) -> [String] {
    do {
      return ["ok"] + (try perform(fields.first ?? "", Array(fields.dropFirst())))
    } catch {
      return ["error", "\(error)".replacing("\n", with: " ").replacing("\t", with: " ")]
    }
  }

  private mutating func perform(_ command: String, _ arguments: [String]) throws -> [String] {
    switch command {
    case "ready": []
    case "load": try load(arguments)
    case "inputs": try prepare(arguments)
    case "run": try run(arguments)
    case "outputs": try write(arguments)
    default: throw Refusal.unknown(command)
    }
  }

  private mutating func load(_ arguments: [String]) throws -> [String] {
    guard arguments.count == 2, let threads = Int(arguments[1]), threads > 0 else { throw Refusal.malformed(arguments) }
    let options = ExecutionOptions(pool: ThreadPool(threadCount: threads))
    model = try Model(contentsOf: arguments[0], executionOptions: options)
    return []
  }

  private mutating func prepare(_ paths: [String]) throws -> [String] {
    inputs = try paths.map { try Tensor(contentsOfNPY: $0) }
    return []
  }

  private mutating func run(_ arguments: [String]) throws -> [String] {
    guard arguments.count == 2, let count = Int(arguments[0]), let seconds = Double(arguments[1]) else {
      throw Refusal.malformed(arguments)
    }
    guard let model else { throw Refusal.noModel }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var durations: [Int64] = []
    for _ in 0..<count {
      let start = clock.now
      results = try model.predict(inputs: inputs)
      let stop = clock.now
      durations.append((stop - start).nanoseconds)
      if stop > end { break }
    }
    return durations.map(String.init)
  }

  private func write(_ arguments: [String]) throws -> [String] {
    guard let prefix = arguments.first else { throw Refusal.malformed(arguments) }
    for (index, result) in results.enumerated() { try result.writeNPY(to: "\(prefix)\(index).npy") }
    return ["\(results.count)"]
  }
}

/// A request that cannot be carried out.
private enum Refusal: Error, CustomStringConvertible {
  case unknown(String)
  case malformed([String])
  case noModel

  var description: String {
    switch self {
    case .unknown(let command): "unknown command '\(command)'"
    case .malformed(let arguments): "malformed arguments \(arguments)"
    case .noModel: "expected a model to be loaded first"
    }
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
