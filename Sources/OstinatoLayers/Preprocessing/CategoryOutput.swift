import OstinatoGraph
import OstinatoTensors

/// How category numbers leave a preprocessing layer.
///
/// Keras gives int64 numbers; here they are int32, which bins and vocabularies cannot exceed.
/// Reference: `encode_categorical_inputs` in `keras/src/utils/numerical_utils.py`.
public enum CategoryOutputMode: String, Sendable, CaseIterable {
  /// The numbers themselves.
  case int
  /// A row for each number, 1 at its place. A last axis of extent 1 gives way to it.
  case oneHot = "one_hot"
  /// One row for all numbers of axis 1 (of the only axis where there is one), 1 where a number occurs.
  case multiHot = "multi_hot"
  /// As `multiHot`, with how often a number occurs.
  case count
  /// As `count`, each count times its category's weight.
  case tfIdf = "tf_idf"
}

extension LayerConfig {
  /// The argument `output_mode`, under its older names too.
  func outputMode(
    default fallback: CategoryOutputMode, allowed: [CategoryOutputMode]
  ) throws(ModelError) -> CategoryOutputMode {
    let older: [String: CategoryOutputMode] = ["binary": .multiHot, "tf-idf": .tfIdf]
    guard let text = try optionalString("output_mode") else { return fallback }
    guard let mode = older[text] ?? CategoryOutputMode(rawValue: text), allowed.contains(mode) else {
      throw failure("output_mode", expected: allowed.map { "'\($0.rawValue)'" }.joined(separator: ", "))
    }
    return mode
  }
}

extension CategoryOutputMode {
  /// The axis whose categories share a row; nil where each has its own.
  private func sharedAxis(rank: Int) -> Int? { self == .oneHot ? nil : min(1, rank - 1) }

  /// The shape of the output for categories of shape `input`.
  func outputShape(for input: SymbolicShape, depth: Int?) throws(ModelError) -> SymbolicShape {
    guard self != .int else { return input }
    guard input.rank > 0 else {
      throw ModelError(.shapeMismatch, "", "expected an input with a batch axis. Received: \(input)")
    }
    var dimensions = input.dimensions
    if let axis = sharedAxis(rank: input.rank) {
      dimensions.remove(at: axis)
    } else if input.rank > 1, input[-1] == 1 {
      dimensions.removeLast()
    }
    return SymbolicShape(dimensions + [depth])
  }

  /// Encodes int32 `categories`.
  /// - Parameter weights: what each occurrence counts.
  func lower(
    _ categories: Value, depth: Int, weights: Value? = nil, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value {
    guard self != .int else { return categories }
    let shape = categories.shape
    guard let axis = sharedAxis(rank: shape.rank) else {
      let row = shape.rank > 1 && shape.last == 1 ? shape : Shape(shape + [1])
      return try graph.addOne(
        Bincount(axis: row.rank - 1, depth: depth), try graph.reshape(categories, to: row))
    }
    if axis == 0 { graph.mixBatch() }
    let inputs = [categories] + (try weights.map { weights throws(ModelError) in [try graph.asFloat(weights)] } ?? [])
    return try graph.add(Bincount(axis: axis, depth: depth, isBinary: self == .multiHot), inputs)[0]
  }
}
