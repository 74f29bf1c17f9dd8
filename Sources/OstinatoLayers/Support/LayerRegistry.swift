import OstinatoTensors

/// The layers that Ostinato knows, by Keras' class names.
public struct LayerRegistry: Sendable {
  private var types: [String: any Layer.Type] = [:]

  /// A registry of the given layers.
  public init(_ types: [any Layer.Type]) {
    for type in types { self.types[type.className] = type }
    for name in IdentityLayer.classNames { self.types[name] = IdentityLayer.self }
  }

  /// Lets files name `type` by its class name, in place of a built-in layer of that name.
  public mutating func register(_ type: any Layer.Type) { types[type.className] = type }

  /// The same registry with one more layer: `.keras.adding(SqueezeLayer.self)`.
  public func adding(_ type: any Layer.Type) -> LayerRegistry {
    var registry = self
    registry.register(type)
    return registry
  }

  /// The class names, sorted.
  public var classNames: [String] { types.keys.sorted() }

  /// The layer type called `className`, or nil. Keras' aliases are found too: `MaxPool2D`.
  public subscript(_ className: String) -> (any Layer.Type)? {
    types[className] ?? classAliases[className].flatMap { types[$0] }
  }

  /// Every built-in layer.
  public static let keras = LayerRegistry([
    // Core
    InputLayer.self, Dense.self, EinsumDense.self, Embedding.self, ReversibleEmbedding.self, Masking.self,
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
    guard let className = object["class_name"]?.string, let members = object["config"]?.object else {
      throw ModelError(
        .malformedConfig, "", "expected a layer with `class_name` and `config`. Received: \(object)")
    }
    let name = members["name"]?.string ?? object["name"]?.string
    let subject = name.map { "\($0) (\(className))" } ?? className
    let config = LayerConfig(members, className: className, subject: subject, context: self)
    guard let type = registry[className] else {
      throw Self.unknown(className, registered: object["registered_name"]?.string, subject)
    }
    do throws(ModelError) {
      return try type.init(config: config)
    } catch {
      throw error.subject.isEmpty ? ModelError(error.code, subject, error.message) : error
    }
  }

  private static func unknown(_ className: String, registered: String?, _ subject: String) -> ModelError {
    let origin = registered.map { " (registered as '\($0)')" } ?? ""
    return ModelError(
      .unsupportedLayer, subject,
      "expected a built-in Keras layer that Ostinato runs. Received: class '\(className)'\(origin). "
        + "Write it as a Swift type that conforms to Layer, and load the model with "
        + "Model(contentsOf: path, registry: .keras.adding(\(className).self))")
  }
}
