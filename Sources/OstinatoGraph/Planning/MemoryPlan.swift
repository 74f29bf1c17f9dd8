import OstinatoTensors

/// Where a value's bytes are while a program runs.
package enum Location: Sendable, Hashable {
  /// The caller's input tensor.
  case input(Int)
  /// The caller's output tensor.
  case output(Int)
  /// A constant of the program.
  case constant(Int)
  /// The arena, at a byte offset.
  case arena(Int)
}

/// A place for every value: views share their source's place, elementwise operations write over an input that nobody
/// needs any more, and values that never live together share one part of the arena.
struct MemoryPlan {
  private(set) var locations: [Location?]
  private(set) var constants: [Constant] = []
  private(set) var arenaBytes = 0

  /// - Precondition: the outputs of `graph` have places of their own, as `materializeOutputs` makes sure.
  init(_ graph: Graph) {
    locations = [Location?](repeating: nil, count: graph.types.count)
    var buffers = Buffers(graph)
    buffers.shareOverwritten()
    placeConstants(graph)
    for (slot, output) in graph.outputs.enumerated() { locations[buffers.root(output)] = .output(slot) }
    for (slot, input) in graph.inputs.enumerated() { locations[input] = .input(slot) }
    placeInArena(buffers.intervals().filter { locations[$0.root] == nil })
    for value in graph.types.indices { locations[value] = locations[buffers.root(value)] }
  }

  private mutating func placeConstants(_ graph: Graph) {
    var slots: [String: Int] = [:]
    for value in graph.nodes.lazy.flatMap(\.inputs) {
      guard let constant = graph.constant(value) else { continue }
      if slots[constant.key] == nil {
        slots[constant.key] = constants.count
        constants.append(constant)
      }
      locations[value] = slots[constant.key].map(Location.constant)
    }
  }

  /// Largest first, each at the lowest offset that is free for as long as it lives.
  private mutating func placeInArena(_ intervals: [Buffers.Interval]) {
    var placed = Placements()
    for interval in intervals.sorted(by: { ($1.byteCount, $0.first) < ($0.byteCount, $1.first) }) {
      var offset = 0
      for rival in placed.rivals(of: interval) where rival.offset + rival.interval.byteCount > offset {
        if rival.offset >= offset + interval.byteCount { break }
        offset = rival.offset + rival.interval.byteCount
      }
      placed.insert(interval, at: offset)
      locations[interval.root] = .arena(offset)
      arenaBytes = max(arenaBytes, offset + interval.byteCount)
    }
  }
}

/// Intervals with their places, found by when they live: a graph may have very many, of which few live together.
private struct Placements {
  typealias Placement = (interval: Buffers.Interval, offset: Int)

  private var placed: [Placement] = []
  /// For each run of nodes, the numbers of the intervals that live in it.
  private var runs: [Int: [Int]] = [:]
  private static let nodesPerRun = 64

  private static func runs(of interval: Buffers.Interval) -> ClosedRange<Int> {
    interval.first / nodesPerRun...interval.last / nodesPerRun
  }

  mutating func insert(_ interval: Buffers.Interval, at offset: Int) {
    for run in Self.runs(of: interval) { runs[run, default: []].append(placed.count) }
    placed.append((interval, offset))
  }

  /// What lives when `interval` does, the lowest first.
  func rivals(of interval: Buffers.Interval) -> [Placement] {
    let numbers = Set(Self.runs(of: interval).lazy.flatMap { runs[$0] ?? [] })
    return numbers.sorted().map { placed[$0] }.filter { $0.interval.overlaps(interval) }
      .sorted { ($0.offset, $0.interval.root) < ($1.offset, $1.interval.root) }
  }
}

/// Values grouped by the bytes they share.
private struct Buffers {
  /// A group of values and the nodes between which its bytes are in use.
  struct Interval {
    let root: Int
    let byteCount: Int
    var first: Int
    var last: Int

    func overlaps(_ other: Interval) -> Bool { first <= other.last && other.first <= last }
  }

  private static let alignment = 64
  private let graph: Graph
  private var parents: [Int]

  init(_ graph: Graph) {
    self.graph = graph
    self.parents = graph.viewRoots
  }

  func root(_ value: Int) -> Int {
    var value = value
    while parents[value] != value { value = parents[value] }
    return value
  }

  /// Lets elementwise outputs take the bytes of an input that is used for the last time.
  mutating func shareOverwritten() {
    var lastUse = [Int](repeating: -1, count: graph.types.count)
    for (index, node) in graph.nodes.enumerated() { for input in node.inputs { lastUse[root(input)] = index } }
    for output in graph.outputs { lastUse[root(output)] = .max }
    for (index, node) in graph.nodes.enumerated() {
      let output = node.outputs.first ?? 0
      for slot in node.operation.overwritableInputs {
        let source = root(node.inputs[slot])
        let isPlain = if case .node = graph.origins[source] { true } else { false }
        let isAlone = node.inputs.filter { root($0) == source }.count == 1
        guard isPlain, isAlone, lastUse[source] == index,
          graph.types[output].byteCount == graph.types[node.inputs[slot]].byteCount
        else { continue }
        lastUse[source] = lastUse[root(output)]
        parents[root(output)] = source
        break
      }
    }
  }

  /// The groups that nodes write, each with its life.
  func intervals() -> [Interval] {
    var intervals: [Int: Interval] = [:]
    func touch(_ value: Int, at index: Int) {
      let root = root(value)
      guard case .node = graph.origins[root] else { return }
      let bytes = (max(graph.types[root].byteCount, 1) + Self.alignment - 1) / Self.alignment * Self.alignment
      intervals[root, default: Interval(root: root, byteCount: bytes, first: index, last: index)].last = index
    }
    for (index, node) in graph.nodes.enumerated() {
      for value in node.inputs + node.outputs { touch(value, at: index) }
    }
    for output in graph.outputs { touch(output, at: graph.nodes.count) }
    return intervals.values.sorted { $0.root < $1.root }
  }
}

extension Graph {
  /// Gives every output bytes of its own: an output that is an input, a constant, a view of either, or the same bytes
  /// as another output, is copied.
  mutating func materializeOutputs() {
    let roots = viewRoots
    var taken: Set<Int> = []
    for slot in outputs.indices {
      let root = roots[outputs[slot]]
      let isComputed = if case .node = origins[root] { true } else { false }
      if isComputed && taken.insert(root).inserted { continue }
      let copy = makeValue(types[outputs[slot]], .node)
      nodes.append(
        Node(
          operation: Copy(), inputs: [outputs[slot]], outputs: [copy],
          layer: LayerLabel(path: "output \(slot)", className: "")))
      outputs[slot] = copy
    }
  }
}
