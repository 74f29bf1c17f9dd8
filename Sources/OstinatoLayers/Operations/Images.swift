import OstinatoGraph
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
    return try Resizing(config: config).lower(LayerCall(inputs: [image], weights: LayerWeights()), into: &graph)
  }
]
