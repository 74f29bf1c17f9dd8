import OstinatoGraph
import OstinatoKernels
import OstinatoTensors

extension ConvLSTMCell {
  public func lowerSequence(
    _ call: LayerCall, _ run: SequenceRun, into graph: inout GraphBuilder
  ) throws(ModelError) -> [Value] {
    let projected = try project(call, into: &graph)
    var states: [Value] = []
    for state in call.inputs.dropFirst() { states.append(try graph.channelsLast(state, dataFormat, leading: 1)) }
    let cell = RecurrentCell(
      kind: .lstm, units: filters, activation: try activation.ofGate(unitAxes: channelAxes),
      recurrentActivation: try recurrentActivation.ofGate(unitAxes: channelAxes))
    let operation = ConvolutionalRecurrent(
      cell: cell, geometry: recurrentWindow.geometry(for: Array(projected.shape[2..<projected.shape.rank - 1])),
      goBackwards: run.goBackwards, returnSequences: run.returnSequences, zeroOutputForMask: run.zeroOutputForMask,
      hasMask: run.mask != nil, hasInitialState: !states.isEmpty)
    let kernel = try graph.weight("recurrent_kernel", 1, of: call)
    let results = try graph.add(operation, [projected, kernel] + (run.mask.map { [$0] } ?? []) + states)
    var outputs: [Value] = []
    for (index, result) in results.enumerated() {
      let leading = index == 0 && run.returnSequences ? 2 : 1
      outputs.append(try graph.fromChannelsLast(result, dataFormat, leading: leading))
    }
    return outputs
  }

  /// The numbers of a gate's axis of channels.
  private var channelAxes: Set<Int> {
    let rank = kernelSize.count + 2
    return dataFormat == .channelsLast ? [-1, rank - 1] : [1, 1 - rank]
  }

  /// The convolution of all steps at once: `(batch, time, spatial′…, 4·filters)`.
  private func project(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> Value {
    let x = try graph.channelsLast(call.input, dataFormat, leading: 2)
    let images = try graph.reshape(x, to: Shape([x.shape[0] * x.shape[1]] + x.shape.dropFirst(2)))
    let kernel = try graph.weight("kernel", 0, of: call)
    let bias = useBias ? try graph.weight("bias", 2, of: call) : nil
    let geometry = window.geometry(for: Array(images.shape.dropFirst().dropLast()))
    let projected = try graph.convolve(images, kernel: kernel, bias: bias, geometry: geometry)
    return try graph.reshape(projected, to: Shape([x.shape[0], x.shape[1]] + projected.shape.dropFirst()))
  }
}

extension GraphBuilder {
  /// `x` in `format`, whose channels and spatial axes follow `leading` others, with the channels last.
  fileprivate mutating func channelsLast(
    _ x: Value, _ format: DataFormat, leading: Int
  ) throws(ModelError) -> Value {
    guard format == .channelsFirst else { return x }
    return try transpose(x, Array(0..<leading) + Array(leading + 1..<x.shape.rank) + [leading])
  }

  /// `x` with the channels last, brought to `format`.
  fileprivate mutating func fromChannelsLast(
    _ x: Value, _ format: DataFormat, leading: Int
  ) throws(ModelError) -> Value {
    guard format == .channelsFirst else { return x }
    return try transpose(x, Array(0..<leading) + [x.shape.rank - 1] + Array(leading..<x.shape.rank - 1))
  }
}
