import OstinatoGraph
import OstinatoTensors

/// How a batch of inputs of certain shapes goes through the model: the slices of its rows, and a program for each.
final class RunPlan: Sendable {
  /// The shapes of the inputs, the batch first in each.
  let shapes: [Shape]
  /// The rows that the caller wants in a slice; nil for any number.
  let sliceRows: Int?
  /// Bytes of one row of each input.
  let inputRowBytes: [Int]
  /// What the whole batch gives.
  let outputs: [ValueType]
  let outputRowBytes: [Int]
  /// For each output that holds strings, what its elements are numbers of.
  let stringTables: [Int: [String]]
  /// Consecutive rows that go through a program together.
  let slices: [Range<Int>]
  /// One program for each slice.
  let programs: [PreparedProgram]
  /// What all slices cost, in the measure of ``Program/Step/work``.
  let work: Double

  /// - Parameters:
  ///   - program: one for any number of rows.
  ///   - outputs: what the whole batch gives.
  ///   - slices: rows and the program that takes them.
  init(
    shapes: [Shape], sliceRows: Int?, program: Program, outputs: [ValueType],
    slices: [(rows: Range<Int>, program: PreparedProgram)]
  ) {
    self.shapes = shapes
    self.sliceRows = sliceRows
    self.inputRowBytes = program.inputs.map(\.rowByteCount)
    self.outputs = outputs
    self.outputRowBytes = program.outputs.map(\.rowByteCount)
    self.stringTables = program.stringTables
    self.slices = slices.map(\.rows)
    self.programs = slices.map(\.program)
    self.work = slices.reduce(0) { $0 + $1.program.program.work }
  }

  /// - Throws: `ModelError.Code.invalidInput` when one of `results` is not of the shape and type that the model gives.
  func check(_ results: UnsafeMutableBufferPointer<Tensor>) throws(ModelError) {
    guard results.count == outputs.count else {
      throw ModelError(.invalidInput, "outputs", "expected \(outputs.count) tensors. Received: \(results.count)")
    }
    for (index, type) in outputs.enumerated() {
      guard results[index].shape == type.shape, results[index].dataType == type.dataType else {
        throw ModelError(
          .invalidInput, "output \(index)",
          "expected a tensor of \(type). Received: \(ValueType(results[index].shape, results[index].dataType))")
      }
    }
  }

  /// Whether this is how to run inputs of these shapes.
  func serves(_ inputs: UnsafeBufferPointer<Tensor>, sliceRows: Int?) -> Bool {
    guard self.sliceRows == sliceRows, shapes.count == inputs.count else { return false }
    return shapes.indices.allSatisfy { shapes[$0] == inputs[$0].shape }
  }
}

extension ValueType {
  /// Bytes of one row of the batch.
  fileprivate var rowByteCount: Int {
    guard let rows = shape.first, rows > 0 else { return 0 }
    return byteCount / rows
  }
}

/// The rows of one input or output, one after another.
struct Rows: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int
}

/// The memory of a run: the rows of its inputs, then of its outputs.
struct Bindings: @unchecked Sendable {
  private let rows: UnsafeBufferPointer<Rows>
  private let inputCount: Int
  private var firstRow = 0

  init(_ rows: UnsafeBufferPointer<Rows>, inputCount: Int) {
    self.rows = rows
    self.inputCount = inputCount
  }

  /// The same memory without the rows before `row`.
  func starting(atRow row: Int) -> Bindings {
    var copy = self
    copy.firstRow = row
    return copy
  }

  func input(_ index: Int) -> UnsafeMutableRawPointer { address(index) }
  func output(_ index: Int) -> UnsafeMutableRawPointer { address(inputCount + index) }

  private func address(_ index: Int) -> UnsafeMutableRawPointer {
    rows[index].base + firstRow * rows[index].byteCount
  }
}

/// The plans of late, those used last in front.
final class PlanCache: Sendable {
  private let capacity: Int
  private let plans = ForkSafeMutex<[RunPlan]>([])

  init(capacity: Int) { self.capacity = capacity }

  func find(_ inputs: UnsafeBufferPointer<Tensor>, _ sliceRows: Int?) -> RunPlan? {
    plans.withLock { plans in
      guard let index = plans.firstIndex(where: { $0.serves(inputs, sliceRows: sliceRows) }) else { return nil }
      let plan = plans[index]
      if index > 0 { plans.swapAt(index, 0) }
      return plan
    }
  }

  /// Keeps `plan`, unless another caller has made it meanwhile: then that one is the answer.
  func insert(_ plan: RunPlan) -> RunPlan {
    plans.withLock { plans in
      if let earlier = plans.first(where: { $0.shapes == plan.shapes && $0.sliceRows == plan.sliceRows }) {
        return earlier
      }
      if plans.count >= capacity { plans.removeLast() }
      plans.insert(plan, at: 0)
      return plan
    }
  }
}
