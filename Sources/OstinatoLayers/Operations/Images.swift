import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

/// Operations on images.
let imageOperations: [String: OperationLowering] = [
  "Resize": { call, graph throws(ModelError) in
    guard let size = try call.ints("size", 1), size.count == 2 else {
      throw call.failure("size", expected: "a height and a width")
    }
    var settings = call.settings
    (settings["height"], settings["width"]) = (.int(size[0]), .int(size[1]))
    let config = LayerConfig(settings, className: "Resize", subject: "", context: DecodingContext())
    let image = try call.value("images", 0, &graph)
    let resizing = try Resizing(config: config)
    _ = try resizing.outputShapes(for: [SymbolicShape(image.shape)])
    return try resizing.lower(LayerCall(inputs: [image], weights: LayerWeights()), into: &graph)
  },
  "PadImages": lowerImages { graph, x, call throws(ModelError) in
    let (top, bottom) = try call.border("top_padding", "bottom_padding", "target_height", growing: x.shape[1])
    let (left, right) = try call.border("left_padding", "right_padding", "target_width", growing: x.shape[2])
    return try graph.pad(x, before: [0, top, left, 0], after: [0, bottom, right, 0])
  },
  "CropImages": lowerImages { graph, x, call throws(ModelError) in
    let (top, bottom) = try call.border("top_cropping", "bottom_cropping", "target_height", shrinking: x.shape[1])
    let (left, right) = try call.border("left_cropping", "right_cropping", "target_width", shrinking: x.shape[2])
    return try graph.crop(x, before: [0, top, left, 0], after: [0, bottom, right, 0])
  },
  "RGBToGrayscale": lowerImages { graph, x, _ throws(ModelError) in
    guard x.shape[3] != 1 else { return x }
    try x.requireColors()
    let weights = try graph.constant("weights") { () throws(ModelError) in
      Tensor([Float(0.2989), 0.5870, 0.1140], shape: [3, 1])
    }
    return try graph.gemm(x, kernel: weights, bias: nil)
  },
  "RGBToHSV": lowerImages { graph, x, _ throws(ModelError) in try graph.hueSaturationValue(x) },
  "HSVToRGB": lowerImages { graph, x, _ throws(ModelError) in try graph.redGreenBlue(x) },
]

/// An operation on images with channels, brought last; a single image is a batch of one.
private func lowerImages(
  _ body: @escaping @Sendable (inout GraphBuilder, Value, OperationCall) throws(ModelError) -> Value
) -> OperationLowering {
  lowerUnary("images") { graph, x, call throws(ModelError) in
    guard x.shape.rank == 4 else { throw call.failure("images", expected: "(batch, height, width, channels)") }
    let format = call.constant("data_format", 9)?.string.flatMap(DataFormat.init) ?? .channelsLast
    return try graph.withChannelsLast(x, format) { last, graph throws(ModelError) in try body(&graph, last, call) }
  }
}

extension OperationCall {
  /// Cells before and after an axis of `extent` cells: two of both and the extent that it gets are given.
  fileprivate func border(
    _ before: String, _ after: String, _ target: String, growing extent: Int
  ) throws(ModelError) -> (Int, Int) {
    let (first, last, total) = (try ints(before, 9)?.first, try ints(after, 9)?.first, try ints(target, 9)?.first)
    let (start, end): (Int?, Int?) =
      switch (first, last, total) {
      case (let first?, let last?, _): (first, last)
      case (let first?, nil, let total?): (first, total - extent - first)
      case (nil, let last?, let total?): (total - extent - last, last)
      default: (nil, nil)
      }
    guard let start, let end, start >= 0, end >= 0, start <= LayerConfig.largestExtent, end <= LayerConfig.largestExtent
    else { throw failure(before, expected: "given with `\(after)` or `\(target)`, not negative") }
    return (start, end)
  }

  fileprivate func border(
    _ before: String, _ after: String, _ target: String, shrinking extent: Int
  ) throws(ModelError) -> (Int, Int) {
    guard let total = try ints(target, 9)?.first else {
      return try border(before, after, target, growing: extent)
    }
    let rest = extent - total
    let (start, end) = (try ints(before, 9)?.first, try ints(after, 9)?.first)
    let first = start ?? end.map { rest - $0 } ?? rest / 2
    guard first >= 0, rest >= first else { throw failure(target, expected: "at most \(extent)") }
    return (first, end ?? rest - first)
  }
}

extension Value {
  fileprivate func requireColors() throws(ModelError) {
    guard shape.last == 3 else {
      throw ModelError(.shapeMismatch, "", "expected red, green and blue. Received: \(shape)")
    }
  }
}

extension GraphBuilder {
  private mutating func channel(_ x: Value, _ index: Int) throws(ModelError) -> Value {
    try x.requireColors()
    return try slice(x, axis: 3, start: index, count: 1)
  }

  /// Hue, saturation and value, from 0 to 1, as TensorFlow's `rgb_to_hsv`.
  fileprivate mutating func hueSaturationValue(_ x: Value) throws(ModelError) -> Value {
    let (red, green, blue) = (try channel(x, 0), try channel(x, 1), try channel(x, 2))
    let value = try combine(.maximum, try combine(.maximum, red, green), blue)
    let range = try combine(.subtract, value, try combine(.minimum, try combine(.minimum, red, green), blue))
    let isColored = try combine(.greater, range, try scalar(0))
    let isBright = try combine(.greater, value, try scalar(0))
    let saturation = try select(isBright, try combine(.divide, range, value), try scalar(0))
    func sector(_ a: Value, _ b: Value, _ turn: Float, _ graph: inout GraphBuilder) throws(ModelError) -> Value {
      let share = try graph.combine(.divide, try graph.combine(.subtract, a, b), range)
      return try graph.apply(.affine(scale: 1 / 6, offset: turn / 6), share)
    }
    let fromRed = try sector(green, blue, 0, &self)
    let fromGreen = try sector(blue, red, 2, &self)
    let fromBlue = try sector(red, green, 4, &self)
    let other = try select(try combine(.equal, value, green), fromGreen, fromBlue)
    let hue = try select(try combine(.equal, value, red), fromRed, other)
    let turned = try combine(.add, hue, try combine(.less, hue, try scalar(0)))
    return try concatenate([try select(isColored, turned, try scalar(0)), saturation, value], axis: 3)
  }

  /// Red, green and blue, as TensorFlow's `hsv_to_rgb`.
  fileprivate mutating func redGreenBlue(_ x: Value) throws(ModelError) -> Value {
    let (saturation, value) = (try channel(x, 1), try channel(x, 2))
    let sixth = try apply(.affine(scale: 6, offset: 0), try channel(x, 0))
    var channels: [Value] = []
    for (center, isPeak) in [(Float(3), true), (2, false), (4, false)] {
      let distance = try apply(.absolute, try apply(.affine(scale: 1, offset: -center), sixth))
      let ramp = try apply(.affine(scale: isPeak ? 1 : -1, offset: isPeak ? -1 : 2), distance)
      let share = try apply(.affine(scale: 1, offset: -1), try apply(.clip(0, 1), ramp))
      let factor = try apply(.affine(scale: 1, offset: 1), try combine(.multiply, share, saturation))
      channels.append(try combine(.multiply, factor, value))
    }
    return try concatenate(channels, axis: 3)
  }
}
