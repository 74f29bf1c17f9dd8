import OstinatoGraph
import OstinatoTensors

/// The operations that Ostinato runs, by the class name that Keras writes.
package let operationLowerings: [String: OperationLowering] = [
  elementwiseOperations, integerOperations, comparingOperations, reducingOperations, rankingOperations,
  quantileOperations,
  nanOperations, shapingOperations, joiningOperations, splittingOperations, takingOperations, fillingOperations,
  algebraOperations, networkOperations, normalizingOperations, windowOperations, patchOperations, imageOperations,
  spectralOperations,
].reduce(into: [:]) { all, family in all.merge(family) { $1 } }

/// An operation on one tensor, Keras' argument `x` unless named otherwise.
func lowerUnary(
  _ name: String = "x",
  _ body: @escaping @Sendable (inout GraphBuilder, Value, OperationCall) throws(ModelError) -> Value
) -> OperationLowering {
  { call, graph throws(ModelError) in [try body(&graph, try call.value(name, 0, &graph), call)] }
}

/// An operation on pairs of elements of two tensors, which broadcast.
func lowerPairs(
  _ names: (String, String) = ("x1", "x2"),
  _ body: @escaping @Sendable (inout GraphBuilder, Value, Value, OperationCall) throws(ModelError) -> Value
) -> OperationLowering {
  { call, graph throws(ModelError) in
    let (a, b) = (try call.value(names.0, 0, &graph), try call.value(names.1, 1, &graph))
    graph.mixBatchUnlessAligned([a, b])
    return [try body(&graph, a, b, call)]
  }
}

extension GraphBuilder {
  /// Declares that rows of the batch are mixed where `axes` of `x` include it.
  mutating func mixBatch(along axes: [Int], of x: Value) {
    if axes.contains(0) && !isFixed(x) { mixBatch() }
  }

  /// Declares that rows of the batch are mixed where values that broadcast have their batches at different places, or
  /// one that has no batch has rows of its own there.
  mutating func mixBatchUnlessAligned(_ values: [Value]) {
    let rank = values.map(\.shape.rank).max() ?? 0
    let isAligned = values.allSatisfy { value in
      isFixed(value) ? value.shape.rank < rank || value.shape.first == 1 : value.shape.rank == rank
    }
    if !isAligned && !values.allSatisfy(isFixed) { mixBatch() }
  }
}
