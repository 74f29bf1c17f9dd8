import OstinatoTensors

extension LayerConfig {
  /// The layers that the list `key` describes.
  func layers(_ key: String) throws(ModelError) -> [any Layer] {
    guard let entries = self[key]?.array else { throw failure(key, expected: "a list of layers") }
    var layers: [any Layer] = []
    for entry in entries {
      do throws(ModelError) {
        layers.append(try context.layer(from: entry))
      } catch {
        throw error.within(subject)
      }
    }
    return layers
  }
}

extension JSONValue {
  /// A layer inside another layer's config, or a model, as Keras writes it.
  package init(_ layer: any Layer) {
    var config = layer.config
    if let name = layer.name { config["name"] = .string(name) }
    // Not every class of Keras takes `trainable`, and those that do take it for true.
    if !layer.options.trainable { config["trainable"] = .bool(false) }
    let origin = layer.options.origin
    let module = origin.map { $0.module.map(JSONValue.string) ?? .null } ?? .string(Self.module(of: layer))
    self = .object([
      "module": module, "class_name": .string(layer.className),
      "registered_name": origin.map { .string($0.registeredName) } ?? .null, "config": .object(config),
    ])
  }

  /// The Python module in which Keras looks for the class.
  private static func module(of layer: any Layer) -> String {
    if layer is RawOperation { return imageClasses.contains(layer.className) ? "keras.src.ops.image" : "keras.src.ops" }
    switch layer.className {
    case FunctionalNetwork.className: return "keras.src.models.functional"
    case SequentialNetwork.className: return "keras"
    case LayerScale.className: return "keras.src.applications.convnext"
    case CustomScaleLayer.className: return "keras.src.applications.inception_resnet_v2"
    default: return "keras.layers"
    }
  }

  /// The operations that Keras keeps in a module of their own.
  private static let imageClasses: Set = [
    "AffineTransform", "CropImages", "ElasticTransform", "ExtractPatches", "GaussianBlur", "HSVToRGB",
    "MapCoordinates", "PadImages", "PerspectiveTransform", "RGBToGrayscale", "RGBToHSV", "Resize", "SSIM",
    "ScaleAndTranslate", "SobelEdges",
  ]
}
