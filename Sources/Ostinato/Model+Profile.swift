import OstinatoGraph
import OstinatoRuntime
import OstinatoTensors

extension Model {
  /// What each step of a prediction costs, in the order in which the steps run.
  ///
  /// The whole batch goes through the program at once, each step shared among the threads; a prediction may cut a large
  /// batch into slices instead.
  /// - Parameters:
  ///   - inputs: one tensor for each input, in order.
  ///   - runs: how often each step runs; its median counts.
  /// - Throws: `ModelError.Code.invalidInput` when the inputs do not fit.
  public func profile(inputs: [Tensor], runs: Int = 10) throws -> [StepProfile] {
    try profileSteps(try withReadings(try standardized(inputs)), runs: runs)
  }

  /// Floating-point operations of one prediction for inputs of these shapes, a multiply-add counted as two.
  /// - Parameter shapes: one for each input, in order, the batch first.
  public func flops(for shapes: [Shape]) throws -> Int {
    try program(for: shapes).steps.reduce(0) { $0 + $1.flops }
  }
}
