import OstinatoKernels
import OstinatoTensors
import Testing

@testable import OstinatoGraph

@Suite("The order of a graph's nodes")
struct FollowBranchesTests {
  /// Three branches that widen a row and narrow it again, written side by side.
  private func branches(widths: [Int]) throws -> Graph {
    var builder = GraphBuilder(constants: PreparedConstants())
    let x = builder.input(ValueType([1, 8]))
    let wide = try widths.map { try builder.concatenate(Array(repeating: x, count: $0), axis: 1) }
    let narrow = try wide.map { try builder.slice($0, axis: 1, start: 0, count: 1) }
    return builder.finish(outputs: [try builder.concatenate(narrow, axis: 1)])
  }

  private func widths(_ graph: Graph) -> [Int?] { graph.nodes.map { graph.types[$0.outputs[0]].shape.last } }

  @Test func aBranchIsFollowedToItsEnd() throws {
    var graph = try branches(widths: [2, 2, 2])
    #expect(widths(graph) == [16, 16, 16, 1, 1, 1, 3])
    try FollowBranches().run(on: &graph, constants: PreparedConstants())
    #expect(widths(graph) == [16, 1, 16, 1, 16, 1, 3])
    try graph.verify()
  }

  @Test func theLeastBytesComeFirst() throws {
    var graph = try branches(widths: [4, 2, 3])
    try FollowBranches().run(on: &graph, constants: PreparedConstants())
    #expect(widths(graph) == [16, 1, 24, 1, 32, 1, 3])
    try graph.verify()
  }

  @Test func oneChainStaysAsItIs() throws {
    var builder = GraphBuilder(constants: PreparedConstants())
    var x = builder.input(ValueType([2, 6]))
    for function in [UnaryFunction.tanh, .exponential, .sigmoid] {
      x = try builder.reshape(try builder.apply(function, x), to: [1, x.shape.elementCount])
      x = try builder.concatenate([x, x], axis: 1)
    }
    var graph = builder.finish(outputs: [x])
    let nodes = graph.nodes.map(\.outputs)
    try FollowBranches().run(on: &graph, constants: PreparedConstants())
    #expect(graph.nodes.map(\.outputs) == nodes)
  }
}
