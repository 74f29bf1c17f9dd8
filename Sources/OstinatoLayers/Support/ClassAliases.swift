/// Other names under which files call a class: Keras exports both, and versions differ in which they write.
let classAliases: [String: String] = {
  var aliases = [
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
    "Convolution1DTranspose": "Conv1DTranspose", "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3DTranspose": "Conv3DTranspose", "Deconvolution2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose", "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
  ]
  for rank in 1...3 {
    aliases["MaxPool\(rank)D"] = "MaxPooling\(rank)D"
    aliases["AvgPool\(rank)D"] = "AveragePooling\(rank)D"
    aliases["GlobalMaxPool\(rank)D"] = "GlobalMaxPooling\(rank)D"
    aliases["GlobalAvgPool\(rank)D"] = "GlobalAveragePooling\(rank)D"
  }
  return aliases
}()
