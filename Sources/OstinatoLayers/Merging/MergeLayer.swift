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

  /// The mask of `value` with an axis for its features, or nil.
  private mutating func featureMask(of value: Value) throws(ModelError) -> Value? {
    guard let mask = mask(of: value) else { return nil }
    return try reshape(mask, to: Shape(mask.shape + [1]))
  }

  /// The product of all values: a masked step counts as 1, and is 0 where all values are masked.
  package mutating func maskedProduct(_ values: [Value]) throws(ModelError) -> Value {
    var factors: [Value] = []
    for value in values {
      if let mask = try featureMask(of: value) {
        factors.append(try select(mask, value, try scalar(1)))
      } else {
        factors.append(value)
      }
    }
    let product = try fold(.multiply, factors)
    guard let union = try union(ofMasks: values) else { return product }
    return try select(try reshape(union, to: Shape(union.shape + [1])), product, try scalar(0))
  }

  /// All values combined by a function that has no neutral element: a masked step takes the other side's value.
  package mutating func maskedFold(_ function: BinaryFunction, _ values: [Value]) throws(ModelError) -> Value {
    var result = values[0]
    var resultMask = try featureMask(of: result)
    for value in values.dropFirst() {
      let mask = try featureMask(of: value)
      var operand = value
      if let mask { operand = try select(mask, operand, result) }
      if let resultMask { result = try select(resultMask, result, operand) }
      resultMask = if let mask, let joint = resultMask { try combine(.logicalOr, joint, mask) } else { nil }
      result = try combine(function, result, operand)
    }
    return result
  }

  /// All values combined from left to right.
  package mutating func fold(_ function: BinaryFunction, _ values: [Value]) throws(ModelError) -> Value {
    var result = values[0]
    for value in values.dropFirst() { result = try combine(function, result, value) }
    return result
  }
}
