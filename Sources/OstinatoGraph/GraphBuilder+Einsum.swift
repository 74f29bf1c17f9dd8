import OstinatoKernels
import OstinatoTensors

/// A value whose axes have letters.
private struct Lettered {
  var letters: [Character]
  var value: Value

  /// The axes of `wanted` letters.
  func axes(_ wanted: [Character]) -> [Int] { wanted.compactMap { letters.firstIndex(of: $0) } }
  func extents(_ wanted: [Character]) -> [Int] { axes(wanted).map { value.shape[$0] } }
}

extension GraphBuilder {
  /// Products of matrices over the last two axes, those of either swapped where it is transposed.
  package mutating func matmul(
    _ a: Value, _ b: Value, transposeA: Bool = false, transposeB: Bool = false
  ) throws(ModelError) -> Value {
    try addOne(MatMul(transposeA: transposeA, transposeB: transposeB), try asFloat(a), try asFloat(b))
  }

  /// The sum of products that an einsum equation describes, contracted from left to right.
  ///
  /// A pair becomes one product of matrices: letters of both that stay are its items, letters of both that go are
  /// summed in it, letters of one are its rows or columns. A constant right side without items becomes a gemm.
  package mutating func einsum(_ text: String, _ operands: [Value]) throws(ModelError) -> Value {
    let equation = try EinsumEquation(text, ranks: operands.map(\.shape.rank))
    var pending: [Lettered] = []
    for (letters, value) in zip(equation.inputs, operands) {
      pending.append(try diagonal(Lettered(letters: letters, value: try asFloat(value))))
    }
    var result = pending.removeFirst()
    while !pending.isEmpty {
      let next = pending.removeFirst()
      result = try contract(result, next, keeping: Set(pending.flatMap(\.letters)).union(equation.output))
    }
    result = try sum(result, keeping: Set(equation.output))
    return try transpose(result.value, result.axes(equation.output))
  }

  /// A letter that stands twice in one operand walks its diagonal.
  private mutating func diagonal(_ x: Lettered) throws(ModelError) -> Lettered {
    let letters = x.letters.enumerated().filter { x.letters.firstIndex(of: $1) == $0 }.map(\.element)
    guard letters.count < x.letters.count else { return x }
    let strides = x.value.shape.strides
    let places = letters.map { letter in x.letters.indices.filter { x.letters[$0] == letter } }
    guard places.allSatisfy({ place in Set(place.map { x.value.shape[$0] }).count == 1 }) else {
      throw ModelError(.shapeMismatch, "", "expected axes of one letter to be equal. Received: \(x.value.shape)")
    }
    let shape = Shape(places.map { x.value.shape[$0[0]] })
    let layout = StridedLayout(
      extents: shape.dimensions, strides: places.map { $0.reduce(0) { $0 + strides[$1] } })
    return Lettered(
      letters: letters, value: try addOne(Rearrange(name: "diagonal", shape: shape, layout: layout), x.value))
  }

  private mutating func sum(_ x: Lettered, keeping kept: Set<Character>) throws(ModelError) -> Lettered {
    let gone = x.letters.filter { !kept.contains($0) }
    guard !gone.isEmpty else { return x }
    return Lettered(
      letters: x.letters.filter(kept.contains), value: try reduce(.sum, x.value, axes: x.axes(gone)))
  }

  private mutating func contract(
    _ a: Lettered, _ b: Lettered, keeping kept: Set<Character>
  ) throws(ModelError) -> Lettered {
    let a = try sum(a, keeping: kept.union(b.letters))
    let b = try sum(b, keeping: kept.union(a.letters))
    let shared = a.letters.filter(b.letters.contains)
    let (items, summed) = (shared.filter(kept.contains), shared.filter { !kept.contains($0) })
    let rows = a.letters.filter { !shared.contains($0) }
    let columns = b.letters.filter { !shared.contains($0) }
    let result = items + rows + columns
    guard a.extents(summed) == b.extents(summed) else {
      throw ModelError(
        .shapeMismatch, "", "expected axes of one letter to be equal. Received: \(a.value.shape) and \(b.value.shape)")
    }
    let product: Value
    if summed.isEmpty {
      let left = try arranged(a, items + rows, a.extents(items + rows) + columns.map { _ in 1 })
      let right = try arranged(b, items + columns, b.extents(items) + rows.map { _ in 1 } + b.extents(columns))
      product = try combine(.multiply, left, right)
    } else if items.isEmpty, tensor(of: b.value) != nil {
      let left = try arranged(a, rows + summed, a.extents(rows) + [a.extents(summed).reduce(1, *)])
      let right = try matrix(b, summed, columns, items: [])
      product = try gemm(left, kernel: right, bias: nil)
    } else {
      // The last axis stays where it is: what moves are whole lines.
      let transposeA = a.letters.last.map { !summed.contains($0) } ?? false
      let transposeB = b.letters.last.map { summed.contains($0) } ?? false
      let left = try transposeA ? matrix(a, summed, rows, items: items) : matrix(a, rows, summed, items: items)
      let right = try transposeB ? matrix(b, columns, summed, items: items) : matrix(b, summed, columns, items: items)
      product = try matmul(left, right, transposeA: transposeA, transposeB: transposeB)
    }
    let extents = product.shape.prefix(items.count) + a.extents(rows) + b.extents(columns)
    return Lettered(letters: result, value: try reshape(product, to: Shape(Array(extents))))
  }

  /// `x` as matrices of the given rows and columns, one for each of `items`.
  private mutating func matrix(
    _ x: Lettered, _ rows: [Character], _ columns: [Character], items: [Character]
  ) throws(ModelError) -> Value {
    let extents = x.extents(items) + [x.extents(rows).reduce(1, *), x.extents(columns).reduce(1, *)]
    return try arranged(x, items + rows + columns, extents)
  }

  private mutating func arranged(
    _ x: Lettered, _ letters: [Character], _ extents: [Int]
  ) throws(ModelError) -> Value {
    try rearranged(x.value, x.axes(letters), to: Shape(extents))
  }

  /// `x` transposed, then under another shape; done once per model where `x` is constant.
  package mutating func rearranged(_ x: Value, _ order: [Int], to shape: Shape) throws(ModelError) -> Value {
    let isChanged = order != Array(x.shape.indices) || shape != x.shape
    guard let constant = graph.constant(x.id), isChanged, shape.elementCount == x.shape.elementCount else {
      return try reshape(try transpose(x, order), to: shape)
    }
    return self.constant(
      constants.constant("(\(constant.key) by \(order) as \(shape))") {
        constant.tensor.rearranged(order, to: shape)
      })
  }
}

extension Tensor {
  /// The elements with axes in another order, under another shape of as many elements.
  fileprivate func rearranged(_ order: [Int], to shape: Shape) -> Tensor {
    let strides = self.shape.strides
    let layout = StridedLayout(extents: order.map { self.shape[$0] }, strides: order.map { strides[$0] })
    return Tensor(uninitialized: shape, dataType: dataType) { target in
      withUnsafeBytes { source in
        let (from, to) = (source.assumingMemoryBound(to: Float.self), target.assumingMemoryBound(to: Float.self))
        guard shape.elementCount > 0, let from = from.baseAddress, let to = to.baseAddress else { return }
        gather(layout, lines: 0..<layout.lineCount, from: from, to: to)
      }
    }
  }
}
