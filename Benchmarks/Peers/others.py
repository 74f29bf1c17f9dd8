"""Models beside those of the table, for what they are made of: other blocks, other axes, other ends."""

from zoo import Entry, normal, tokens


def application(name, side):
    return lambda keras: getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3))


def transformer(keras):
    layers = keras.layers
    ids = keras.Input((128,), dtype="int32")
    x = layers.Embedding(8000, 128)(ids)
    for _ in range(2):
        attended = layers.MultiHeadAttention(4, 32)(x, x)
        x = layers.LayerNormalization(epsilon=1e-6)(x + attended)
        wide = layers.Dense(512, activation="gelu")(x)
        x = layers.LayerNormalization(epsilon=1e-6)(x + layers.Dense(128)(wide))
    pooled = layers.GlobalAveragePooling1D()(x)
    return keras.Model(ids, layers.Dense(2, activation="softmax")(pooled))


def unet(keras):
    layers = keras.layers

    def block(x, filters):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        return x

    image = keras.Input((128, 128, 3))
    levels = [block(image, 16)]
    for filters in (32, 64, 128):
        levels.append(block(layers.MaxPooling2D()(levels[-1]), filters))
    x = levels.pop()
    for filters in (64, 32, 16):
        x = layers.Conv2DTranspose(filters, 2, strides=2, padding="same")(x)
        x = block(layers.Concatenate()([x, levels.pop()]), filters)
    return keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid")(x))


def autoencoder(keras):
    layers = keras.layers
    options = {"strides": 2, "activation": "relu", "padding": "same"}
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, **options),
        layers.Conv2D(64, 3, **options),
        layers.Conv2DTranspose(64, 3, **options),
        layers.Conv2DTranspose(32, 3, **options),
        layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid"),
    ])


def volume(keras):
    layers = keras.layers
    options = {"activation": "relu", "padding": "same"}
    return keras.Sequential([
        keras.Input((16, 56, 56, 3)),
        layers.Conv3D(16, 3, **options),
        layers.MaxPooling3D(),
        layers.Conv3D(32, 3, **options),
        layers.MaxPooling3D(),
        layers.Conv3D(64, 3, **options),
        layers.GlobalAveragePooling3D(),
        layers.Dense(10, activation="softmax"),
    ])


def conv_lstm(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((10, 40, 40, 1)),
        layers.ConvLSTM2D(16, 3, padding="same", return_sequences=True),
        layers.BatchNormalization(),
        layers.ConvLSTM2D(16, 3, padding="same"),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ])


def text_cnn(keras):
    layers = keras.layers
    ids = keras.Input((200,), dtype="int32")
    x = layers.Embedding(10_000, 128)(ids)
    branches = [layers.GlobalMaxPooling1D()(layers.Conv1D(100, taps, activation="relu")(x)) for taps in (3, 4, 5)]
    return keras.Model(ids, layers.Dense(2, activation="softmax")(layers.Concatenate()(branches)))


def wavenet(keras):
    layers = keras.layers
    series = keras.Input((2048, 1))
    x = layers.Conv1D(32, 2, padding="causal")(series)
    skips = []
    for dilation in (1, 2, 4, 8, 16, 32, 64, 128):
        options = {"padding": "causal", "dilation_rate": dilation}
        signal = layers.Conv1D(32, 2, activation="tanh", **options)(x)
        gate = layers.Conv1D(32, 2, activation="sigmoid", **options)(x)
        skips.append(layers.Conv1D(32, 1)(layers.Multiply()([signal, gate])))
        x = layers.Add()([x, skips[-1]])
    return keras.Model(series, layers.Conv1D(1, 1)(layers.ReLU()(layers.Add()(skips))))


def stacked_lstm(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((60, 8)),
        layers.LSTM(64, return_sequences=True),
        layers.LSTM(64),
        layers.Dense(1),
    ])


def wide_mlp(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((256,)),
        layers.Dense(1024, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(1024, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(256, activation="selu"),
        layers.Dense(1),
    ])


OTHERS = [
    Entry("efficientnet-b0", "EfficientNetB0", (1, 8), normal(224, 224, 3), application("EfficientNetB0", 224)),
    Entry("mobilenet-v3", "MobileNetV3Small", (1, 8), normal(224, 224, 3), application("MobileNetV3Small", 224)),
    Entry("densenet121", "DenseNet121", (1,), normal(224, 224, 3), application("DenseNet121", 224)),
    Entry("unet", "U-Net, 128×128", (1, 8), normal(128, 128, 3), unet),
    Entry("autoencoder", "convolutional autoencoder, 28×28", (1, 64), normal(28, 28, 1), autoencoder),
    Entry("volume", "Conv3D network, 16×56×56", (1, 4), normal(16, 56, 56, 3), volume),
    Entry("conv-lstm", "two ConvLSTM2D, 10 frames of 40×40", (1, 4), normal(10, 40, 40, 1), conv_lstm),
    Entry("transformer", "two transformer blocks, 128 tokens", (1, 16), tokens(128, 8000), transformer),
    Entry("text-cnn", "text CNN, 200 tokens", (1, 32), tokens(200, 10_000), text_cnn),
    Entry("wavenet", "WaveNet, 2048 samples", (1, 8), normal(2048, 1), wavenet),
    Entry("stacked-lstm", "two LSTM(64), 60 steps", (1, 64), normal(60, 8), stacked_lstm),
    Entry("wide-mlp", "MLP 256-1024-1024-256-1", (1, 64, 1024), normal(256), wide_mlp),
]
