import OstinatoGraph
import OstinatoTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Fourier transforms, as products with matrices of sines and cosines, and the frames of a signal.
let spectralOperations: [String: OperationLowering] = [
  "RFFT": { call, graph throws(ModelError) in
    let x = try call.value("x", 0, &graph)
    let length = try call.ints("fft_length", 9)?.first ?? x.shape.last ?? 0
    let frame = try graph.fit(x, length: length)
    return [
      try graph.transform(frame, bins: length / 2 + 1, .cosine),
      try graph.transform(frame, bins: length / 2 + 1, .sine),
    ]
  },
  "FFT": { call, graph throws(ModelError) in
    let parts = try call.list("x", 0, &graph)
    guard parts.count == 2, let length = parts[0].shape.last, parts[0].shape == parts[1].shape else {
      throw call.failure("x", expected: "a real and an imaginary part")
    }
    var waves: [[Value]] = []
    for part in parts {
      let frame = try graph.fit(part, length: length)
      waves.append([
        try graph.transform(frame, bins: length, .cosine), try graph.transform(frame, bins: length, .sine),
      ])
    }
    return [
      try graph.combine(.subtract, waves[0][0], waves[1][1]), try graph.combine(.add, waves[0][1], waves[1][0]),
    ]
  },
  "ExtractSequences": lowerUnary { graph, x, call throws(ModelError) in
    let length = try call.extents("sequence_length", 9, count: 1)[0]
    let stride = try call.extents("sequence_stride", 9, count: 1)[0]
    let axis = try x.shape.axis(-1)
    graph.mixBatch(along: [axis], of: x)
    let count = x.shape[axis] < length ? 0 : (x.shape[axis] - length) / stride + 1
    let places = try graph.constant("places \(count)") { () throws(ModelError) in
      Tensor((0..<count * length).map { Int32($0 / length * stride + $0 % length) }, shape: [count, length])
    }
    return try graph.take(x, places, axis: axis)
  },
]

private enum Wave: String {
  case cosine, sine
}

extension GraphBuilder {
  /// The last axis cut to `length` or filled up with zeros.
  fileprivate mutating func fit(_ x: Value, length: Int) throws(ModelError) -> Value {
    let axis = try x.shape.axis(-1)
    guard (1...1 << 12).contains(length) else {
      throw ModelError(.shapeMismatch, "", "expected signals of 1 to 4096 samples. Received: \(length)")
    }
    let cut = try slice(x, axis: axis, start: 0, count: min(length, x.shape[axis]))
    let rest = x.shape.indices.map { $0 == axis ? length - cut.shape[axis] : 0 }
    return try pad(cut, before: rest.map { _ in 0 }, after: rest)
  }

  /// The sum of a signal's samples by the cosine, or minus the sine, of each frequency.
  fileprivate mutating func transform(_ x: Value, bins: Int, _ wave: Wave) throws(ModelError) -> Value {
    let length = x.shape[x.shape.rank - 1]
    let kernel = try constant("\(wave) \(length)×\(bins)") { () throws(ModelError) in
      let values = (0..<length * bins).map { index in
        let angle = 2 * Double.pi * Double(index / bins * (index % bins) % length) / Double(length)
        return Float(wave == .cosine ? cos(angle) : -sin(angle))
      }
      return Tensor(values, shape: [length, bins])
    }
    return try gemm(x, kernel: kernel, bias: nil)
  }
}
