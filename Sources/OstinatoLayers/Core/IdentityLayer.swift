import OstinatoGraph
import OstinatoTensors

/// The layers that give their input as it is at inference: dropout and noise, penalties, image augmentation.
///
/// One type stands for all of them; they differ in ``Layer/className-swift.property`` and in arguments that only training reads.
///
/// - Input: any shape; output: the input as it is.
/// - Lowering: nothing.
/// - Reference: `keras/src/layers/regularization/`, `keras/src/layers/preprocessing/image_preprocessing/`.
public struct IdentityLayer: Layer {
  public static let className = "Identity"
  public let className: String
  public var options: LayerOptions
  public let config: [String: JSONValue]

  /// `IdentityLayer("GaussianNoise", config: ["stddev": .double(0.1)])`.
  public init(_ className: String = className, config: [String: JSONValue] = [:], name: String? = nil) {
    self.className = className
    self.options = LayerOptions(name: name)
    self.config = config
  }

  public init(config: LayerConfig) throws(ModelError) {
    self.className = config.className
    self.options = try LayerOptions(config: config)
    self.config = config.members.filter { !["name", "trainable", "dtype"].contains($0.key) }
  }

  public var passesMask: Bool { !Self.augmentations.contains(className) }

  public func outputShapes(for inputs: [SymbolicShape]) throws(ModelError) -> [SymbolicShape] { inputs }

  public func lower(_ call: LayerCall, into graph: inout GraphBuilder) throws(ModelError) -> [Value] { call.inputs }
}

extension IdentityLayer {
  /// The classes that ``IdentityLayer`` stands for.
  static let classNames = regularizations.union(augmentations)

  /// Masks pass through these.
  private static let regularizations: Set = [
    className, "ActivityRegularization", "AlphaDropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D",
  ]

  /// Augmentation draws at random while a model is trained and does nothing when it predicts.
  private static let augmentations: Set = [
    "AugMix", "CutMix", "Equalization", "MaxNumBoundingBoxes", "MixUp", "RandAugment", "RandomBrightness",
    "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop", "RandomElasticTransform",
    "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear",
    "RandomTranslation", "RandomWidth", "RandomZoom", "Solarization",
  ]
}
