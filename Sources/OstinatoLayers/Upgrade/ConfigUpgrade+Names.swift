// What Keras 1 and 2 called otherwise. Source: `keras/legacy/interfaces.py` of Keras 2.

extension ConfigUpgrade {
  /// Today's class names by those that are gone.
  private static let classNames = [
    "Model": "Functional",
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "AtrousConvolution1D": "Conv1D", "AtrousConvolution2D": "Conv2D", "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense", "CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU", "ThresholdedReLU": "ReLU",
    "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization", "RandomCrop": "Resizing",
  ]

  /// The layers that the modes of Keras 1's `Merge` became.
  private static let mergeModes = [
    "sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot",
    "cos": "Dot",
  ]

  /// Arguments that a class meant without saying so.
  static let additions: [String: [String: JSONValue]] = [
    "CuDNNGRU": ["reset_after": .bool(true)],
    "ThresholdedReLU": ["negative_slope": .double(0)],
    // Outside training, Keras 2 cropped to the aspect ratio and resized; Keras 3 leaves images as they are.
    "RandomCrop": ["crop_to_aspect_ratio": .bool(true)],
  ]

  /// Today's names of arguments, for every class.
  private static let arguments = [
    "nb_filter": "filters", "filter_length": "kernel_size", "border_mode": "padding", "subsample": "strides",
    "subsample_length": "strides", "dim_ordering": "data_format", "bias": "use_bias", "pool_length": "pool_size",
    "stride": "strides", "inner_activation": "recurrent_activation", "atrous_rate": "dilation_rate", "p": "rate",
    "sigma": "stddev", "concat_axis": "axis", "dot_axes": "axes", "input_dtype": "dtype",
  ]

  /// Today's names of arguments, where they depend on the class.
  private static let classArguments = [
    "Dense": ["output_dim": "units"], "TimeDistributedDense": ["output_dim": "units"],
    "LSTM": ["output_dim": "units"], "GRU": ["output_dim": "units"], "SimpleRNN": ["output_dim": "units"],
    "UpSampling1D": ["length": "size"], "LeakyReLU": ["alpha": "negative_slope"],
    "ThresholdedReLU": ["theta": "threshold"], "InputLayer": ["batch_input_shape": "batch_shape"],
  ]

  /// Arguments that Keras 3 spells as one list.
  private static let kernelExtents = [["nb_row", "nb_col"], ["kernel_dim1", "kernel_dim2", "kernel_dim3"]]

  static func className(_ name: String, _ config: [String: JSONValue]) -> String {
    if name == "Merge", let mode = config["mode"]?.string { return mergeModes[mode] ?? "Merge(mode='\(mode)')" }
    // Keras 1 could normalise by the statistics of the batch at hand, which is another layer.
    if name == "BatchNormalization", let mode = config["mode"]?.int, mode != 0 { return "\(name)(mode=\(mode))" }
    return classNames[name] ?? name
  }

  static func rename(_ config: inout [String: JSONValue], of className: String) {
    for (old, new) in arguments.merging(classArguments[className] ?? [:], uniquingKeysWith: { $1 })
    where config[new] == nil {
      if let value = config.removeValue(forKey: old) { config[new] = value }
    }
    for keys in kernelExtents {
      let extents = keys.compactMap { config[$0] }
      if extents.count == keys.count { config["kernel_size"] = .array(extents) }
    }
  }

  /// Values that Keras 3 writes in another way.
  static func replaceValues(_ config: inout [String: JSONValue], of className: String) {
    config["time_major"] = nil
    switch config["data_format"]?.string {
    case "tf", "default": config["data_format"] = .string("channels_last")
    case "th": config["data_format"] = .string("channels_first")
    default: break
    }
    if className.hasPrefix("BatchNormalization") || className == "SyncBatchNormalization",
      let axes = config["axis"]?.array, axes.count == 1
    {
      config["axis"] = axes[0]
    }
    if className == "Merge", config["mode"]?.string == "cos" { config["normalize"] = .bool(true) }
  }
}
