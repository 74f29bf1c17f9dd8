import OstinatoKernels
import OstinatoTensors

/// `transpose(matmul(transpose(a), transpose(b)))` ⇒ one ``PackedMatMul`` that reads and writes where the elements are.
///
/// Applies to products that it serves; a transpose stays where it takes the elements of a line apart.
struct PackMatMul: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    var producers = graph.producers
    let consumers = graph.soleConsumers
    var gone: Set<Int> = []
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard let matmul = node.operation as? MatMul, !matmul.transposeA,
        let matrices = Matrices(matmul, node, graph)
      else { continue }
      let a = graph.operand(node.inputs[0], matrices.a, producers)
      let b = graph.operand(node.inputs[1], matrices.b, producers)
      let c = graph.result(node.outputs[0], matrices.c, consumers)
      graph.nodes[index].operation = PackedMatMul(
        transposeB: matmul.transposeB, shape: graph.types[c.value].shape, a: a.layout, b: b.layout, c: c.layout)
      graph.nodes[index].inputs = [a.value, b.value]
      graph.nodes[index].outputs = [c.value]
      guard let transpose = c.node else { continue }
      gone.insert(transpose)
      producers[c.value] = index
    }
    graph.nodes = graph.nodes.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
  }
}

/// Where the matrices of a product lie when all is dense, each operand's walked once for every item of the output.
private struct Matrices {
  let a: StridedLayout
  let b: StridedLayout
  let c: StridedLayout

  /// Nil for a product that ``PackedMatMul`` does not serve.
  init?(_ matmul: MatMul, _ node: Graph.Node, _ graph: Graph) {
    let shapes = node.inputs.map { graph.types[$0].shape }
    let output = graph.types[node.outputs[0]].shape
    let (m, n) = (output[output.rank - 2], output[output.rank - 1])
    guard let k = shapes[0].last, output.elementCount > 0, PackedMatMul.serves(m: m, n: n, k: k) else { return nil }
    let items = output.dropLast(2)
    func layout(_ shape: Shape) -> StridedLayout {
      StridedLayout(broadcasting: shape, to: Shape(items + shape.suffix(2)))
    }
    (a, b, c) = (layout(shapes[0]), layout(shapes[1]), layout(output))
  }
}

extension Graph {
  /// The value in which the elements of an operand really are, and how they lie there.
  fileprivate func operand(
    _ value: Int, _ dense: StridedLayout, _ producers: [Int: Int]
  ) -> (value: Int, layout: StridedLayout) {
    var source = value
    while let node = producers[source].map({ nodes[$0] }), let viewed = node.operation.viewedInput {
      source = node.inputs[viewed]
    }
    guard let node = producers[source].map({ nodes[$0] }), let transpose = node.operation as? Rearrange,
      dense.isWhole, let layout = transpose.layout.over(dense.extents), layout.isOfMatrices
    else { return (value, dense) }
    return (node.inputs[0], layout)
  }

  /// The value in which the elements of a result are wanted, how they lie there, and the node that puts them there now.
  fileprivate func result(
    _ value: Int, _ dense: StridedLayout, _ consumers: [Int: Int]
  ) -> (value: Int, layout: StridedLayout, node: Int?) {
    var (last, node) = (value, consumers[value])
    while let index = node, nodes[index].operation.viewedInput != nil {
      last = nodes[index].outputs[0]
      node = consumers[last]
    }
    guard let index = node, let transpose = nodes[index].operation as? Rearrange,
      let layout = transpose.layout.inverse?.over(dense.extents), layout.isOfMatrices
    else { return (value, dense, nil) }
    return (nodes[index].outputs[0], layout, index)
  }

  /// The node that takes a value which nobody else does.
  fileprivate var soleConsumers: [Int: Int] {
    let counts = useCounts
    var consumers: [Int: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for input in node.inputs where counts[input] == 1 { consumers[input] = index }
    }
    return consumers
  }
}

extension StridedLayout {
  /// Whether each element of what it walks over comes once, in order.
  fileprivate var isWhole: Bool { simplified().strides.allSatisfy { $0 == 1 } && offset == 0 }

  /// Whether the elements of a line are neighbours, and lines follow each other.
  fileprivate var isOfMatrices: Bool {
    strides.allSatisfy { $0 >= 0 } && strides.last == 1 && strides.dropLast().last ?? 0 >= lineLength
  }

  /// The same walk over other extents of as many elements, if it is one.
  fileprivate func over(_ extents: [Int]) -> StridedLayout? {
    var strides: [Int] = []
    var step = 1
    for extent in extents.reversed() {
      strides.insert(extent > 1 ? offset(ofElement: step) - offset : 0, at: 0)
      step *= extent
    }
    let walk = StridedLayout(extents: extents, strides: strides, offset: offset)
    return step == self.extents.reduce(1, *) && walk.simplified() == simplified() ? walk : nil
  }

  private func offset(ofElement index: Int) -> Int {
    let (line, place) = index.quotientAndRemainder(dividingBy: lineLength)
    return offset(ofLine: line) + place * (strides.last ?? 0)
  }

  /// Where each element of a transpose's input goes; nil when it is more than a transpose.
  fileprivate var inverse: StridedLayout? {
    let order = extents.indices.sorted { strides[$0] > strides[$1] }
    let sorted = StridedLayout(extents: order.map { extents[$0] }, strides: order.map { strides[$0] }, offset: offset)
    guard sorted.isWhole else { return nil }
    let dense = Shape(extents).strides
    return StridedLayout(extents: sorted.extents, strides: order.map { dense[$0] }).simplified()
  }
}
