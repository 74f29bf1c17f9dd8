#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import OstinatoGraph
import OstinatoTensors

/// The loudness of a signal over time in bands that are equally wide to the ear.
///
/// - Input: `(batch, …, time)`; output: `(batch, …, numMelBins, frames)`. In decibels the loudest value of the whole batch
///   is the reference for `topDB`, as in Keras.
/// - Lowering: reflected borders, one convolution for the Fourier transform, one GEMM for the bands.
/// - Reference: `keras/src/layers/preprocessing/mel_spectrogram.py`.
public struct MelSpectrogram: Layer {
  public static let className = "MelSpectrogram"
  public var options: LayerOptions
  public let fftLength: Int
  public let sequenceStride: Int
  public let sequenceLength: Int
  /// nil for none.
  public let window: SpectralWindow?
  public let bands: MelBands
  public let powerToDB: Bool
  public let topDB: Float
  public let magExp: Float
  public let minPower: Float
  public let refPower: Float

  public init(
    fftLength: Int = 2048, sequenceStride: Int = 512, sequenceLength: Int? = nil, window: SpectralWindow? = .hann,
    bands: MelBands = MelBands(), powerToDB: Bool = true, topDB: Float = 80, magExp: Float = 2, minPower: Float = 1e-10,
    refPower: Float = 1, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.fftLength = fftLength
    self.sequenceStride = sequenceStride
    self.sequenceLength = sequenceLength ?? fftLength
    self.window = window
    self.bands = bands
    self.powerToDB = powerToDB
    self.topDB = topDB
    self.magExp = magExp
    self.minPower = minPower
    self.refPower = refPower
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.fftLength = try config.positiveInt("fft_length", default: 2048)
    self.sequenceStride = try config.positiveInt("sequence_stride", default: 512)
    self.sequenceLength = try config.positiveInt("sequence_length", default: fftLength)
    guard (sequenceLength...max(sequenceLength, Self.longestTransform)).contains(fftLength) else {
      throw config.failure("fft_length", expected: "from \(sequenceLength) to \(Self.longestTransform)")
    }
    let hasWindow = !(config.members["window"]?.isNull ?? false)
    self.window = hasWindow ? try config.choice("window", default: .hann) : nil
    self.bands = try MelBands(config: config)
    self.powerToDB = try config.bool("power_to_db", default: true)
    self.topDB = try config.float("top_db", default: 80)
    self.magExp = try config.float("mag_exp", default: 2)
    self.minPower = try config.float("min_power", default: 1e-10)
    self.refPower = try config.float("ref_power", default: 1)
  }

  /// The transform is a matrix of its length squared.
  private static let longestTransform = 16_384

  public var config: [String: JSONValue] {
    let own: [String: JSONValue] = [
      "fft_length": .int(fftLength), "sequence_stride": .int(sequenceStride), "sequence_length": .int(sequenceLength),
      "window": window.map { .string($0.rawValue) } ?? .null, "power_to_db": .bool(powerToDB),
      "top_db": .double(Double(topDB)), "mag_exp": .double(Double(magExp)), "min_power": .double(Double(minPower)),
      "ref_power": .double(Double(refPower)),
    ]
    return own.merging(bands.config) { own, _ in own }
  }

  /// Half a frame is added at each end, so that the first frame's middle is the first cell.
  private var border: Int { fftLength / 2 }
  private var frames: SlidingWindow { SlidingWindow(kernel: [fftLength], strides: [sequenceStride], padding: .valid) }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard input.rank >= 2, input[-1].map({ $0 > border }) ?? true else {
      throw mismatch("signals (batch, …, time) longer than half of `fft_length`, \(border)", input)
    }
    let count = try frames.output(for: [input[-1].map { $0 + 2 * border }])[0]
    return [SymbolicShape(input.dimensions.dropLast() + [bands.numMelBins, count])]
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let shape = call.input.shape
    let rows = shape.dropLast().reduce(1, *)
    let signals = try graph.reshape(try graph.asFloat(call.input), to: Shape([rows, shape[shape.rank - 1]]))
    try graph.requireRoom(for: ValueType([fftLength, 2 * (fftLength / 2 + 1)]))
    let kernel = try graph.constant("fourier") { () throws(ModelError) in fourierKernel }
    let parts = try graph.frames(try reflected(signals, &graph), kernel: kernel, window: frames)
    let power = try graph.power(try graph.halves(of: parts))
    let matrix = try graph.constant("bands") { () throws(ModelError) in bands.matrix(binCount: power.shape[2]) }
    let loudness = try graph.gemm(try magnitude(power, &graph), kernel: matrix, bias: nil)
    let turned = try graph.transpose(powerToDB ? try decibels(loudness, &graph) : loudness, [0, 2, 1])
    return [try graph.reshape(turned, to: Shape(shape.dropLast() + turned.shape.dropFirst()))]
  }

  /// `(fftLength, 1, 2 · bins)`: the window in the middle of the frame, the real part first.
  private var fourierKernel: Tensor {
    // TensorFlow's periodic window of odd length is the symmetric one.
    let isPeriodic = sequenceLength.isMultiple(of: 2)
    let values = (window ?? .boxcar).values(length: sequenceLength, isPeriodic: isPeriodic)
    let before = (fftLength - sequenceLength) / 2
    let after = fftLength - sequenceLength - before
    let padded = [Double](repeating: 0, count: before) + values + [Double](repeating: 0, count: after)
    return .joined(
      [FourierKernel.Side.real, .imaginary].map { side in
        let kernel = FourierKernel(side, window: padded, fftLength: fftLength)
        return Tensor(kernel.elements, shape: [fftLength, 1, kernel.binCount])
      })
  }

  /// Signals `(rows, time)` with their mirror images at both ends, the end cells not repeated.
  private func reflected(_ signals: Value, _ graph: inout GraphBuilder) throws(ModelError) -> Value {
    let time = signals.shape[1]
    guard border > 0 else { return signals }
    let start = try graph.slice(signals, axis: 1, start: border, count: border, step: -1)
    let end = try graph.slice(signals, axis: 1, start: time - 2, count: border, step: -1)
    return try graph.concatenate([start, signals, end], axis: 1)
  }

  /// `|z| ^ magExp` of `|z|²`.
  private func magnitude(_ power: Value, _ graph: inout GraphBuilder) throws(ModelError) -> Value {
    if magExp == 2 { return power }
    let magnitude = try graph.apply(.squareRoot, power)
    guard magExp != 1 else { return magnitude }
    let exponent = try graph.constant("mag_exp") { () throws(ModelError) in Tensor(scalar: magExp) }
    return try graph.combine(.power, magnitude, exponent)
  }

  /// `10 · log₁₀(x / refPower)`, no value more than `topDB` below the largest.
  private func decibels(_ x: Value, _ graph: inout GraphBuilder) throws(ModelError) -> Value {
    let perUnit = Float(10 / log(10.0))
    let logarithms = try graph.apply(.logarithm, try graph.apply(.clip(minPower, .infinity), x))
    let reference = 10 * Float(log10(Double(max(abs(refPower), minPower))))
    let levels = try graph.apply(.affine(scale: perUnit, offset: -reference), logarithms)
    graph.mixBatch()
    let loudest = try graph.reduce(.maximum, levels, axes: Array(levels.shape.indices))
    return try graph.combine(.maximum, levels, try graph.apply(.affine(scale: 1, offset: -topDB), loudest))
  }
}
