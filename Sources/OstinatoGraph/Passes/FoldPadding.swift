import OstinatoTensors

/// `convolution(pad(x))` ⇒ `convolution(x)` with the border of zeros in its window, so that it is never written.
struct FoldPadding: Pass {
  func run(on graph: inout Graph, constants: PreparedConstants) throws(ModelError) {
    let (producers, useCounts) = (graph.producers, graph.useCounts)
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard var operation = node.operation as? any WindowedOperation, useCounts[node.inputs[0]] == 1,
        let producer = producers[node.inputs[0]].map({ graph.nodes[$0] }), let pad = producer.operation as? Pad,
        let geometry = operation.geometry.padded(by: pad)
      else { continue }
      operation.geometry = geometry
      graph.nodes[index].operation = operation
      graph.nodes[index].inputs[0] = producer.inputs[0]
    }
  }
}

/// A linear operation whose window takes zeros from beyond its input.
protocol WindowedOperation: LinearOperation {
  var geometry: WindowGeometry { get set }
}

extension Convolution: WindowedOperation {}
extension DepthwiseConvolution: WindowedOperation {}

extension WindowGeometry {
  /// The window over what `pad` has not padded yet; nil when it pads with something else, or other axes too.
  fileprivate func padded(by pad: Pad) -> WindowGeometry? {
    let (before, after) = (pad.before, pad.after)
    guard pad.value == 0, before.count == rank + 2, (before + after).allSatisfy({ $0 >= 0 }),
      before[0] == 0, after[0] == 0, before[rank + 1] == 0, after[rank + 1] == 0
    else { return nil }
    return WindowGeometry(
      kernel: kernel, strides: strides, dilation: dilation,
      padding: padding.indices.map {
        Padding(before: padding[$0].before + before[$0 + 1], after: padding[$0].after + after[$0 + 1])
      })
  }
}
