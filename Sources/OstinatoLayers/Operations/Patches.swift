import OstinatoGraph
import OstinatoTensors

/// Operations that rearrange images to blocks and back.
let patchOperations: [String: OperationLowering] = [
  "SpaceToDepth": lowerBlocks { graph, x, block throws(ModelError) in
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    guard height.isMultiple(of: block), width.isMultiple(of: block) else {
      throw ModelError(.shapeMismatch, "", "expected extents in blocks of \(block). Received: \(x.shape)")
    }
    let split = try graph.reshape(x, to: [x.shape[0], height / block, block, width / block, block, channels])
    let blocks = try graph.transpose(split, [0, 1, 3, 2, 4, 5])
    return try graph.reshape(blocks, to: [x.shape[0], height / block, width / block, block * block * channels])
  },
  "DepthToSpace": lowerBlocks { graph, x, block throws(ModelError) in
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3] / (block * block))
    guard x.shape[3].isMultiple(of: block * block) else {
      throw ModelError(.shapeMismatch, "", "expected channels in blocks of \(block)². Received: \(x.shape)")
    }
    let split = try graph.reshape(x, to: [x.shape[0], height, width, block, block, channels])
    let rows = try graph.transpose(split, [0, 1, 3, 2, 4, 5])
    return try graph.reshape(rows, to: [x.shape[0], height * block, width * block, channels])
  },
  "ExtractPatches": lowerUnary("images") { graph, x, call throws(ModelError) in
    let format = call.constant("data_format", 9)?.string.flatMap(DataFormat.init) ?? .channelsLast
    guard x.shape.rank == 4, let padding = Padding(rawValue: call.constant("padding", 9)?.string ?? "valid") else {
      throw call.failure("images", expected: "(batch, height, width, channels)")
    }
    let size = try call.extents("size", 9, count: 2)
    let strides = call.isGiven("strides", 9) ? try call.extents("strides", 9, count: 2) : size
    let dilation = call.isGiven("dilation_rate", 9) ? try call.extents("dilation_rate", 9, count: 2) : [1, 1]
    let window = SlidingWindow(kernel: size, strides: strides, dilation: dilation, padding: padding)
    return try graph.withChannelsLast(x, format) { last, graph throws(ModelError) in
      try graph.patches(last, window)
    }
  },
  "Unfold": lowerUnary { graph, x, call throws(ModelError) in
    let size = try call.extents("kernel_size", 9, count: 2)
    func pair(_ name: String) throws(ModelError) -> [Int] {
      call.isGiven(name, 9) ? try call.extents(name, 9, count: 2) : [1, 1]
    }
    let given = try call.ints("padding", 9) ?? [0]
    guard x.shape.rank == 4, (1...2).contains(given.count), given.allSatisfy({ (0...1 << 20).contains($0) }) else {
      throw call.failure("padding", expected: "cells around images (batch, channels, height, width)")
    }
    let border = [0, 0, given[0], given[given.count - 1]]
    let padded = try graph.pad(x, before: border, after: border)
    let window = SlidingWindow(
      kernel: size, strides: try pair("stride"), dilation: try pair("dilation"), padding: .valid)
    let patches = try graph.patches(try graph.transpose(padded, [0, 2, 3, 1]), window)
    let (rows, columns, channels) = (patches.shape[1], patches.shape[2], x.shape[1])
    let split = try graph.reshape(patches, to: [x.shape[0], rows * columns, size[0] * size[1], channels])
    return try graph.reshape(
      try graph.transpose(split, [0, 3, 2, 1]), to: [x.shape[0], channels * size[0] * size[1], rows * columns])
  },
]

private func lowerBlocks(
  _ body: @escaping @Sendable (inout GraphBuilder, Value, Int) throws(ModelError) -> Value
) -> OperationLowering {
  lowerUnary { graph, x, call throws(ModelError) in
    let format = call.constant("data_format", 9)?.string.flatMap(DataFormat.init) ?? .channelsLast
    guard x.shape.rank == 4 else { throw call.failure("x", expected: "images with channels") }
    let block = try call.extents("block_size", 9, count: 1)[0]
    return try graph.withChannelsLast(x, format) { last, graph throws(ModelError) in try body(&graph, last, block) }
  }
}

extension GraphBuilder {
  /// The cells under each place of the window, row by row with their channels: a convolution by unit vectors.
  fileprivate mutating func patches(_ x: Value, _ window: SlidingWindow) throws(ModelError) -> Value {
    let (channels, cells) = (x.shape[3], window.kernel[0] * window.kernel[1])
    let size = cells * channels
    guard size <= 1 << 12 else {
      throw ModelError(.shapeMismatch, "", "expected patches of at most 4096 numbers. Received: \(size)")
    }
    let kernel = try constant("patches \(channels)") { () throws(ModelError) in
      Tensor(
        (0..<size * size).map { $0 / size == $0 % size ? Float(1) : 0 },
        shape: Shape(window.kernel + [channels, size]))
    }
    return try convolve(x, kernel: kernel, bias: nil, geometry: window.geometry(for: Array(x.shape[1...2])))
  }
}
