import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What the elementwise merging layers have in common: several inputs, broadcast against each other, become one.
///
/// - Inputs: shapes that broadcast together; one of lower rank gets axes of extent 1 after the batch.
/// - Mask: the union of the inputs' masks, none where an input has none.
/// - Reference: `keras/src/layers/merging/base_merge.py`.
public protocol MergeLayer: Layer {
  /// Combines all inputs, which have one rank.
  func merge(_ inputs: [Value], into graph: inout GraphBuilder) throws(ModelError) -> Value
}

extension MergeLayer {
  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    guard var result = inputs.first, inputs.count > 1 else {
      throw ModelError(.shapeMismatch, "", "expected at least two inputs. Received: \(inputs.count)")
    }
    let rank = inputs.map(\.rank).max() ?? 0
    result = result.aligned(to: rank)
    for input in inputs.dropFirst() { result = try result.merged(with: input.aligned(to: rank)) }
    return [result]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let rank = call.inputs.map(\.shape.rank).max() ?? 0
    var aligned: [Value] = []
    for input in call.inputs {
      let missing = [Int](repeating: 1, count: rank - input.shape.rank)
      aligned.append(try graph.reshape(input, to: Shape(input.shape.prefix(1) + missing + input.shape.dropFirst())))
    }
    let output = try merge(aligned, into: &graph)
    graph.setMask(try graph.union(ofMasks: call.inputs), of: output)
    return [output]
  }
}

extension SymbolicShape {
  /// The shape with axes of extent 1 after the batch.
  fileprivate func aligned(to rank: Int) -> SymbolicShape {
    SymbolicShape(dimensions.prefix(1) + [Int?](repeating: 1, count: rank - self.rank) + dimensions.dropFirst())
  }

  /// The shape that both stretch to.
  fileprivate func merged(with other: SymbolicShape) throws(ModelError) -> SymbolicShape {
    var merged: [Int?] = []
    for (left, right) in zip(dimensions, other.dimensions) {
      guard left == right || left == nil || right == nil || left == 1 || right == 1 else {
        throw ModelError(.shapeMismatch, "", "expected shapes that broadcast together. Received: \(self) and \(other)")
      }
      merged.append(left == 1 ? right : right == 1 ? left : left ?? right)
    }
    return SymbolicShape(merged)
  }
}

extension GraphBuilder {
  /// Where any of the values is valid; nil when one of them has no mask.
  fileprivate mutating func union(ofMasks values: [Value]) throws(ModelError) -> Value? {
    let masks = values.compactMap { mask(of: $0) }
    guard var union = masks.first, masks.count == values.count else { return nil }
    for mask in masks.dropFirst() { union = try combine(.logicalOr, union, mask) }
    return union
  }

  /// All values combined from left to right.
  package mutating func fold(_ function: BinaryFunction, _ values: [Value]) throws(ModelError) -> Value {
    var result = values[0]
    for value in values.dropFirst() { result = try combine(function, result, value) }
    return result
  }
}
