/// The operations that functional models may hold, by the class name that Keras records.
package let operationLowerings: [String: OperationLowering] = [
  elementwiseOperations, reducingOperations, shapingOperations, joiningOperations, algebraOperations, networkOperations,
  imageOperations,
].reduce(into: [:]) { all, table in all.merge(table) { $1 } }
