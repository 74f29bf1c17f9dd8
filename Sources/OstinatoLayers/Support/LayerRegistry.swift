import OstinatoTensors

/// The layers that Ostinato knows, by Keras' class names.
public struct LayerRegistry: Sendable {
  private var types: [String: any Layer.Type] = [:]
  /// The class names that were registered one by one.
  private var registered: Set<String> = []
  private var functions: [String: LayerFunction] = [:]
  private var lambdas: [String: LayerFunction] = [:]

  /// A registry of the given layers.
  public init(_ types: [any Layer.Type]) {
    for type in types { self.types[type.className] = type }
    for name in IdentityLayer.classNames { self.types[name] = IdentityLayer.self }
  }

  /// Lets files name `type` by its class name, in place of a built-in layer of that name.
  public mutating func register(_ type: any Layer.Type) {
    types[type.className] = type
    functions[type.className] = nil
    registered.insert(type.className)
  }

  /// The same registry with one more layer: `.keras.adding(SqueezeLayer.self)`.
  public func adding(_ type: any Layer.Type) -> LayerRegistry {
    var registry = self
    registry.register(type)
    return registry
  }

  /// The same registry with a function for the layers of a class: `.keras.adding("Scale", LayerFunction { … })`.
  /// - Parameter className: the class's name, or the name under which Keras has it registered: `package>Scale`.
  public func adding(_ className: String, _ function: LayerFunction) -> LayerRegistry {
    var registry = self
    registry.types[className] = Lambda.self
    registry.functions[className] = function
    registry.registered.insert(className)
    return registry
  }

  /// The same registry with a function for a ``Lambda``.
  /// - Parameter name: the layer's name, or that of its Python function.
  public func adding(lambda name: String, _ function: LayerFunction) -> LayerRegistry {
    var registry = self
    registry.lambdas[name] = function
    return registry
  }

  /// The class names, sorted.
  public var classNames: [String] { types.keys.sorted() }

  /// The layer type called `className`, or nil. Keras' aliases are found too: `MaxPool2D`.
  public subscript(_ className: String) -> (any Layer.Type)? {
    types[className] ?? classAliases[className].flatMap { types[$0] }
  }

  func lambda(named name: String) -> LayerFunction? { lambdas[name] }

  /// The layer that `config` describes; nil where its class is not known. A class of somebody else's that has the name of
  /// one of Keras' is not that one.
  func layer(_ config: LayerConfig) throws(ModelError) -> (any Layer)? {
    let names = config.origin?.names(of: config.className) ?? [config.className]
    if let name = names.first(where: registered.contains) {
      if let function = functions[name] { return try Lambda(function, config) }
      return try types[name]?.init(config: config)
    }
    let isForeign = config.origin != nil && Self.keras[config.className] != nil
    return isForeign ? nil : try self[config.className]?.init(config: config)
  }

  /// Every built-in layer.
  public static let keras = LayerRegistry([
    // Core
    InputLayer.self, Dense.self, EinsumDense.self, Embedding.self, ReversibleEmbedding.self, Masking.self,
    Lambda.self,
    // Convolutional
    Conv1D.self, Conv2D.self, Conv3D.self, Conv1DTranspose.self, Conv2DTranspose.self, Conv3DTranspose.self,
    DepthwiseConv1D.self, DepthwiseConv2D.self, SeparableConv1D.self, SeparableConv2D.self,
    // Pooling
    MaxPooling1D.self, MaxPooling2D.self, MaxPooling3D.self,
    AveragePooling1D.self, AveragePooling2D.self, AveragePooling3D.self,
    GlobalMaxPooling1D.self, GlobalMaxPooling2D.self, GlobalMaxPooling3D.self,
    GlobalAveragePooling1D.self, GlobalAveragePooling2D.self, GlobalAveragePooling3D.self,
    AdaptiveMaxPooling1D.self, AdaptiveMaxPooling2D.self, AdaptiveMaxPooling3D.self,
    AdaptiveAveragePooling1D.self, AdaptiveAveragePooling2D.self, AdaptiveAveragePooling3D.self,
    // Normalization and regularization
    BatchNormalization.self, LayerNormalization.self, GroupNormalization.self, RMSNormalization.self,
    UnitNormalization.self, SpectralNormalization.self, Dropout.self, LayerScale.self,
    // Reshaping
    Flatten.self, Reshape.self, Permute.self, RepeatVector.self,
    ZeroPadding1D.self, ZeroPadding2D.self, ZeroPadding3D.self, Cropping1D.self, Cropping2D.self, Cropping3D.self,
    UpSampling1D.self, UpSampling2D.self, UpSampling3D.self,
    // Merging
    Add.self, Subtract.self, Multiply.self, Average.self, Maximum.self, Minimum.self, Concatenate.self, Dot.self,
    CustomScaleLayer.self,
    // Attention
    Attention.self, AdditiveAttention.self, MultiHeadAttention.self, GroupQueryAttention.self,
    // Activations
    Activation.self, ReLU.self, LeakyReLU.self, PReLU.self, ELU.self, Softmax.self,
    // RNN
    GRU.self, LSTM.self, SimpleRNN.self, RNN.self, Bidirectional.self, TimeDistributed.self,
    GRUCell.self, LSTMCell.self, SimpleRNNCell.self, StackedRNNCells.self,
    ConvLSTM1D.self, ConvLSTM2D.self, ConvLSTM3D.self,
    // Preprocessing
    Resizing.self, CenterCrop.self, Rescaling.self, AutoContrast.self,
    ContrastLimitedAdaptiveHistogramEqualization.self, Normalization.self, Discretization.self, CategoryEncoding.self,
    Pipeline.self,
    IntegerLookup.self, StringLookup.self, TextVectorization.self, Hashing.self, HashedCrossing.self,
    STFTSpectrogram.self, MelSpectrogram.self,
    // Models
    SequentialNetwork.self, FunctionalNetwork.self,
  ])
}

/// What is around a layer while it is read from a model file.
package struct DecodingContext: Sendable {
  package let registry: LayerRegistry
  /// 1, 2 or 3: the Keras that wrote the file.
  package let kerasMajorVersion: Int

  package init(registry: LayerRegistry = .keras, kerasMajorVersion: Int = 3) {
    self.registry = registry
    self.kerasMajorVersion = kerasMajorVersion
  }

  /// The layer that a serialized object describes: `{"module": …, "class_name": …, "config": {…}}`.
  package func layer(from object: JSONValue) throws(ModelError) -> any Layer {
    guard let written = object["class_name"]?.string, let members = object["config"]?.object else {
      throw ModelError(
        .malformedConfig, "", "expected a layer with `class_name` and `config`. Received: \(object)")
    }
    let className = ClassOrigin.unqualified(written)
    let name = members["name"]?.string ?? object["name"]?.string
    let subject = name.map { "\($0) (\(className))" } ?? className
    let config = LayerConfig(
      members, className: className, origin: ClassOrigin(object), subject: subject, context: self)
    do throws(ModelError) {
      guard let layer = try registry.layer(config) else { throw Self.unknown(config) }
      return layer
    } catch {
      throw error.subject.isEmpty ? ModelError(error.code, subject, error.message) : error
    }
  }

  private static func unknown(_ config: LayerConfig) -> ModelError {
    let (name, origin) = (config.className, config.origin.map { " (registered as '\($0.registeredName)')" } ?? "")
    return ModelError(
      .unsupportedLayer, config.subject,
      "expected a built-in Keras layer that Ostinato runs. Received: class '\(name)'\(origin). "
        + "Write it as a Swift type that conforms to Layer, and load the model with "
        + "Model(contentsOf: path, registry: .keras.adding(\(name).self)), or as a function of tensors, with "
        + ".keras.adding(\"\(config.origin?.registeredName ?? name)\", LayerFunction { call in [call.input] })")
  }
}
