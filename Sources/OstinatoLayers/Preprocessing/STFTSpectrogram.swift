import OstinatoGraph
import OstinatoTensors

/// The spectra of overlapping frames of a signal.
///
/// - Input: `(batch, time, channels)`; output: `(batch, frames, channels · bins)`, with `expandDims` `(batch, frames,
///   bins, channels)`; with the channels first `(batch, channels · bins, frames)` or `(batch, channels, frames, bins)`.
///   There are `fftLength/2 + 1` bins, twice as many for `stft`.
/// - Weights: the real kernel, unless only the imaginary part is asked for, and the imaginary one, unless only the real.
/// - Lowering: every channel is a signal; one convolution gives both parts.
/// - Reference: `keras/src/layers/preprocessing/stft_spectrogram.py`.
public struct STFTSpectrogram: Layer {
  public static let className = "STFTSpectrogram"
  public var options: LayerOptions
  public let mode: SpectrumMode
  public let frameLength: Int
  public let frameStep: Int
  public let fftLength: Int
  public let scaling: FourierKernel.Scaling?
  public let isPeriodic: Bool
  public let padding: Padding
  public let expandDims: Bool
  public let dataFormat: DataFormat
  /// nil where there is none, or the file has another, which its weights contain.
  public let window: SpectralWindow?
  private let windowArgument: JSONValue

  /// - Parameters:
  ///   - frameStep: nil for half a frame.
  ///   - fftLength: nil for the power of two that a frame fits into.
  public init(
    mode: SpectrumMode = .log, frameLength: Int = 256, frameStep: Int? = nil, fftLength: Int? = nil,
    window: SpectralWindow? = .hann, isPeriodic: Bool = false, scaling: FourierKernel.Scaling? = .density,
    padding: Padding = .valid, expandDims: Bool = false, dataFormat: DataFormat = .channelsLast, name: String? = nil
  ) {
    self.options = LayerOptions(name: name)
    self.mode = mode
    self.frameLength = frameLength
    self.frameStep = frameStep ?? max(frameLength / 2, 1)
    self.fftLength = fftLength ?? Self.powerOfTwo(atLeast: frameLength)
    self.window = window
    self.windowArgument = window.map { .string($0.rawValue) } ?? .null
    self.isPeriodic = isPeriodic
    self.scaling = scaling
    self.padding = padding
    self.expandDims = expandDims
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.options = try LayerOptions(config: config)
    self.mode = try config.choice("mode", default: .log)
    self.frameLength = try config.positiveInt("frame_length", default: 256)
    guard frameLength <= Self.longestFrame else {
      throw config.failure("frame_length", expected: "at most \(Self.longestFrame)")
    }
    self.frameStep = try config.positiveInt("frame_step", default: max(frameLength / 2, 1))
    self.fftLength = try config.positiveInt("fft_length", default: Self.powerOfTwo(atLeast: frameLength))
    guard fftLength >= frameLength else { throw config.failure("fft_length", expected: "at least \(frameLength)") }
    self.windowArgument = config["window"] ?? .null
    self.window = windowArgument.string.flatMap(SpectralWindow.init)
    self.isPeriodic = try config.bool("periodic", default: false)
    let isUnscaled = config.members["scaling"]?.isNull ?? false
    self.scaling = isUnscaled ? nil : try config.choice("scaling", default: .density)
    self.padding = try config.choice("padding", default: .valid)
    self.expandDims = try config.bool("expand_dims", default: false)
    self.dataFormat = try config.choice("data_format", default: .channelsLast)
    if padding == .causal { throw config.failure("padding", expected: "'valid' or 'same'") }
  }

  public var config: [String: JSONValue] {
    [
      "mode": .string(mode.rawValue), "frame_length": .int(frameLength), "frame_step": .int(frameStep),
      "fft_length": .int(fftLength), "window": windowArgument, "periodic": .bool(isPeriodic),
      "scaling": scaling.map { .string($0.rawValue) } ?? .null, "padding": .string(padding.rawValue),
      "expand_dims": .bool(expandDims), "data_format": .string(dataFormat.rawValue),
    ]
  }

  /// The transform is a matrix of about this length squared.
  private static let longestFrame = 1 << 16

  private static func powerOfTwo(atLeast length: Int) -> Int {
    var power = 1
    while power < length { power *= 2 }
    return power
  }

  private var frames: SlidingWindow { SlidingWindow(kernel: [frameLength], strides: [frameStep], padding: padding) }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] {
    let input = try onlyInput(inputs)
    guard input.rank == 3 else { throw mismatch("input of rank 3 \(dataFormat.axisNames(rank: 1))", input) }
    let signal = dataFormat.channelsLast(input)
    let bins = (fftLength / 2 + 1) * (mode == .stft ? 2 : 1)
    let count = try frames.output(for: [signal[1]])[0]
    let expanded: SymbolicShape = [input[0], count, bins, signal[2]]
    guard expandDims else {
      let merged = SymbolicShape([input[0], count, SymbolicShape([bins, signal[2]]).elementCount])
      return [dataFormat.fromChannelsLast(merged)]
    }
    return [dataFormat.fromChannelsLast(expanded)]
  }

  public func variables(for inputs: [SymbolicShape]) throws(ModelError) -> [Variable] {
    let values = window?.values(length: frameLength, isPeriodic: isPeriodic)
    let plain = [Double](repeating: 1, count: values == nil ? frameLength : 0)
    let scaled = values.map { FourierKernel.scaled($0, scaling) } ?? plain
    func kernel(_ name: String, _ side: FourierKernel.Side) -> Variable {
      Variable(
        name, [frameLength, 1, fftLength / 2 + 1],
        .fourier(FourierKernel(side, window: scaled, fftLength: max(fftLength / 2 * 2, 1))))
    }
    return (mode == .imag ? [] : [kernel("real_kernel", .real)])
      + (mode == .real ? [] : [kernel("imag_kernel", .imaginary)])
  }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] {
    let order = dataFormat == .channelsLast ? [0, 2, 1] : [0, 1, 2]
    let x = try graph.transpose(try graph.asFloat(call.input), order)
    let (batch, channels) = (x.shape[0], x.shape[1])
    let signals = try graph.reshape(x, to: Shape([batch * channels, x.shape[2]]))
    let kernel = try graph.constant("kernels") { () throws(ModelError) in .joined(call.weights.variables) }
    let output = try mode.lower(try graph.frames(signals, kernel: kernel, window: frames), into: &graph)
    let (count, bins) = (output.shape[1], output.shape[2])
    let split = try graph.reshape(output, to: Shape([batch, channels, count, bins]))
    switch (dataFormat, expandDims) {
    case (.channelsLast, true): return [try graph.transpose(split, [0, 2, 3, 1])]
    case (.channelsFirst, true): return [split]
    case (.channelsLast, false):
      return [try graph.reshape(try graph.transpose(split, [0, 2, 1, 3]), to: Shape([batch, count, channels * bins]))]
    case (.channelsFirst, false):
      return [try graph.reshape(try graph.transpose(split, [0, 1, 3, 2]), to: Shape([batch, channels * bins, count]))]
    }
  }
}
