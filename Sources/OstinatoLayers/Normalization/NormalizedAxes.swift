import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// What the layers that normalise over axes of their input have in common.
protocol NormalizedAxes: Layer {
  /// The axes as they were given, in rising order of what was written.
  var axes: [Int] { get }
}

extension NormalizedAxes {
  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard axes.allSatisfy({ (-input.rank..<input.rank).contains($0) }) else {
      throw mismatch("an input with axes \(axes)", input)
    }
    return [input]
  }

  /// The extents along the axes, in their order: the shape of a scale or shift.
  func parameterShape(_ inputs: [SymbolicShape]) throws(ModelError) -> SymbolicShape {
    let input = try outputShapes(for: inputs)[0]
    return SymbolicShape(axes.map { input[$0] })
  }

  /// The axes joined, brought to a common mean and size, then scaled and shifted by tensors of their extents.
  func normalize(
    _ x: Value, _ function: RowNormalization, scale: Tensor?, shift: Tensor?, into graph: inout GraphBuilder
  ) throws(ModelError) -> Value {
    let joint = try axes.map { axis throws(ModelError) in try x.shape.axis(axis) }
    if joint.contains(0) { graph.mixBatch() }
    return try graph.alongAxes(joint, of: try graph.asFloat(x)) { graph, rows throws(ModelError) in
      var inputs = [rows]
      if let scale { inputs.append(try graph.constant("scale") { Tensor(scale.floats) }) }
      if let shift { inputs.append(try graph.constant("shift") { Tensor(shift.floats) }) }
      return try graph.add(RowNormalize(function, hasScale: scale != nil, hasShift: shift != nil), inputs)[0]
    }
  }
}

extension GraphBuilder {
  /// `x · scale + shift` over the last axis by the elements of two tensors, either of which may be absent.
  mutating func affine(_ x: Value, scale: Tensor?, shift: Tensor?) throws(ModelError) -> Value {
    guard scale != nil || shift != nil, let width = x.shape.last else { return x }
    let scales = try constant("scale") { () throws(ModelError) in
      Tensor(scale?.floats ?? [Float](repeating: 1, count: width))
    }
    let shifts = try constant("shift") { () throws(ModelError) in
      Tensor(shift?.floats ?? [Float](repeating: 0, count: width))
    }
    return try affine(x, scale: scales, shift: shifts)
  }
}
