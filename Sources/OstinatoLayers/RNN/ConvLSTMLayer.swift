import OstinatoTensors

/// What `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D` have in common; they differ in the number of spatial axes.
///
/// - Input: `(batch, time, spatial…, channels)`; output: `(batch, spatial′…, filters)`, or
///   `(batch, time, spatial′…, filters)` with `returnSequences`; with `returnState` hidden and carry follow. All have
///   the channels before the spatial axes with `channelsFirst`.
/// - Reference: `keras/src/layers/rnn/conv_lstm.py`.
public protocol ConvLSTMLayer: RecurrentLayer {
  /// The number of spatial axes.
  static var rank: Int { get }

  init(options: LayerOptions, cell: any RecurrentCellLayer, sequence: SequenceArguments)
}

extension ConvLSTMLayer {
  public init(config: LayerConfig) throws(ModelError) {
    self.init(
      options: try LayerOptions(config: config), cell: try ConvLSTMCell(config: config, rank: Self.rank),
      sequence: try SequenceArguments(config: config))
  }
}
