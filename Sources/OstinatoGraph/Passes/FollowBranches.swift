import OstinatoTensors

/// The same nodes in another order: each branch of the graph is followed to its end before the next one begins.
///
/// Of the nodes whose inputs are there, next comes the one that leaves the fewest bytes in use; of equals, the one whose
/// inputs came last. So fewer values live at once, more rows of a batch find room in the cache, and what a node reads is
/// still there. Layers come in the order of their depth, all branches side by side.
struct FollowBranches: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    var agenda = Agenda(graph)
    graph.nodes = agenda.order().map { graph.nodes[$0] }
  }
}

/// Which nodes can come next, and what each would leave in use.
private struct Agenda {
  private let graph: Graph
  /// The value whose bytes each value shows.
  private let roots: [Int]
  /// How many times a value's bytes will be read yet.
  private var readsLeft: [Int]
  /// The nodes that read each value.
  private var readers: [Int: [Int]] = [:]
  /// How many of its inputs each node still waits for.
  private var waitsFor: [Int]
  /// The nodes that wait for nothing, the one whose turn came last at the end.
  private var ready: [Int] = []

  /// How many of the nodes that are ready are compared.
  private static let mostCompared = 64

  init(_ graph: Graph) {
    self.graph = graph
    roots = graph.viewRoots
    readsLeft = [Int](repeating: 0, count: graph.types.count)
    waitsFor = [Int](repeating: 0, count: graph.nodes.count)
    for output in graph.outputs { readsLeft[roots[output]] += 1 }
    let producers = graph.producers
    for (index, node) in graph.nodes.enumerated() {
      for input in node.inputs {
        readsLeft[roots[input]] += 1
        guard producers[input] != nil else { continue }
        readers[input, default: []].append(index)
        waitsFor[index] += 1
      }
    }
    ready = graph.nodes.indices.reversed().filter { waitsFor[$0] == 0 }
  }

  /// All nodes.
  mutating func order() -> [Int] {
    var order: [Int] = []
    while let next = takeNext() {
      order.append(next)
      for input in graph.nodes[next].inputs { readsLeft[roots[input]] -= 1 }
      var freed: [Int] = []
      for output in graph.nodes[next].outputs {
        for reader in readers[output] ?? [] {
          waitsFor[reader] -= 1
          if waitsFor[reader] == 0 { freed.append(reader) }
        }
      }
      ready += freed.sorted(by: >)
    }
    return order
  }

  private mutating func takeNext() -> Int? {
    let places = ready.indices.suffix(Self.mostCompared).reversed()
    guard let place = places.min(by: { growth(ready[$0]) < growth(ready[$1]) }) else { return nil }
    return ready.remove(at: place)
  }

  /// Bytes that a node's outputs take, less those of the inputs that nobody reads after it.
  private func growth(_ index: Int) -> Int {
    let node = graph.nodes[index]
    let taken = node.outputs.reduce(0) { roots[$1] == $1 ? $0 + graph.types[$1].byteCount : $0 }
    let read = node.inputs.map { roots[$0] }
    let freed = Set(read).reduce(0) { bytes, root in
      guard case .node = graph.origins[root], readsLeft[root] == read.count(where: { $0 == root }) else { return bytes }
      return bytes + graph.types[root].byteCount
    }
    return taken - freed
  }
}
