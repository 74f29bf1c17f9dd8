"""The models that are measured: how each is made, what goes in, and at which batches."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEED = 20
SPLICEAI_WHEEL = "spliceai==1.3.1"
SPLICEAI_MEMBER = "spliceai/models/spliceai1.h5"


@dataclass(frozen=True)
class Entry:
    """A row of the table."""

    name: str
    title: str
    batches: tuple[int, ...]
    inputs: Callable[[np.random.Generator, int], list[np.ndarray]]
    build: Callable | None = None  # makes the Keras model
    find: Callable[[Path], Path | None] | None = None  # or finds a published file, given the cache folder
    suffix: str = ".keras"
    growth: str | None = None  # the name of the axis along which a growth model is measured

    def file(self, cache: Path) -> Path:
        return cache / self.name / f"model{self.suffix}"


# MARK: Inputs


def normal(*shape):
    return lambda random, batch: [random.standard_normal((batch, *shape), dtype=np.float32)]


def tokens(count, vocabulary, dtype=np.int32, inputs=1):
    return lambda random, batch: [
        random.integers(0, vocabulary, (batch, count)).astype(dtype) for _ in range(inputs)
    ]


def bases(length):
    """One-hot nucleotides."""
    return lambda random, batch: [np.eye(4, dtype=np.float32)[random.integers(0, 4, (batch, length))]]


def square(random, side):
    return [random.standard_normal((1, side, side, 3), dtype=np.float32)]


# MARK: Models


def time_distributed_dense(keras):
    layers = keras.layers
    return keras.Sequential([keras.Input((3, 784)), layers.TimeDistributed(layers.Dense(4))])


def time_distributed_conv(keras):
    layers = keras.layers
    return keras.Sequential([keras.Input((3, 28, 28, 1)), layers.TimeDistributed(layers.Conv2D(3, 3))])


def gru_tagger(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((64, 15)),
        layers.GRU(16, return_sequences=True),
        layers.TimeDistributed(layers.Dense(15)),
        layers.Activation("softmax"),
    ])


def mlp(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((784,)),
        layers.Dense(512, activation="relu"),
        layers.Dense(512, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])


def mnist_cnn(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])


def video_lstm(keras):
    layers = keras.layers
    frame = keras.Sequential([
        keras.Input((64, 64, 3)),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.GlobalAveragePooling2D(),
    ])
    return keras.Sequential([
        keras.Input((16, 64, 64, 3)),
        layers.TimeDistributed(frame),
        layers.LSTM(64),
        layers.Dense(10, activation="softmax"),
    ])


def bilstm_tagger(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((128,), dtype="int32"),
        layers.Embedding(10_000, 128),
        layers.Bidirectional(layers.LSTM(128, return_sequences=True)),
        layers.TimeDistributed(layers.Dense(20, activation="softmax")),
    ])


def mobilenet_v2(keras):
    return keras.applications.MobileNetV2(weights=None)


def resnet50(keras):
    return keras.applications.ResNet50(weights=None)


def convolutional(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((None, None, 3)),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(1, 1),
    ])


# MARK: Published files


def spliceai(cache):
    """The file in the wheel, which pip fetches once."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", cache]
    subprocess.run([*command, SPLICEAI_WHEEL], check=True, stderr=subprocess.DEVNULL)
    wheel = next(cache.glob("spliceai-*.whl"))
    return Path(zipfile.ZipFile(wheel).extract(SPLICEAI_MEMBER, cache))


def deepcut(_cache):
    """The file in the folder that lies beside the repository, where there is one."""
    path = Path(__file__).resolve().parents[3] / "shared" / "models" / "deepcut" / "model.keras"
    return path if path.exists() else None


# MARK: The table

ENTRIES = [
    Entry("td-dense", "TimeDistributed(Dense(4)) on (3, 784)", (1, 32, 1024), normal(3, 784),
          time_distributed_dense),
    Entry("td-conv", "TimeDistributed(Conv2D(3, 3×3)) on (3, 28, 28, 1)", (1, 32, 256), normal(3, 28, 28, 1),
          time_distributed_conv),
    Entry("gru-tagger", "GRU(16) → TimeDistributed(Dense(15)) → softmax on (64, 15)", (1, 32, 1000), normal(64, 15),
          gru_tagger),
    Entry("mlp", "MLP 784-512-512-10", (1, 128), normal(784), mlp),
    Entry("mnist-cnn", "MNIST CNN (32, 64 filters)", (1, 128), normal(28, 28, 1), mnist_cnn),
    Entry("video-lstm", "TimeDistributed(CNN) → LSTM(64), 16 frames of 64×64×3", (1, 8), normal(16, 64, 64, 3),
          video_lstm),
    Entry("bilstm-tagger", "Embedding → Bidirectional(LSTM(128)) → TimeDistributed(Dense), 128 steps", (1, 32),
          tokens(128, 10_000), bilstm_tagger),
    Entry("mobilenet-v2", "MobileNetV2", (1, 8), normal(224, 224, 3), mobilenet_v2),
    Entry("resnet50", "ResNet50", (1, 8), normal(224, 224, 3), resnet50),
    Entry("spliceai", "SpliceAI (published), length 11,000", (1,), bases(11_000), find=spliceai, suffix=".h5"),
    Entry("deepcut", "deepcut (published)", (141,), tokens(21, 12, np.float32, inputs=2), find=deepcut),
]

GROWTH = [
    Entry("mlp", "MLP 784-512-512-10", tuple(4**n for n in range(7)), normal(784), mlp, growth="batch"),
    Entry("convolutional", "four convolutions of one image", (32, 64, 128, 256, 512), square, convolutional,
          growth="image side"),
]


# MARK: Files


def prepare(entry, cache):
    """The model's file, made or fetched once. None where a published file is not at hand."""
    path = entry.file(cache)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.find:
        found = entry.find(path.parent)
        if found:
            path.symlink_to(found)
        return found and path
    save(entry.build, path)
    return path


def save(build, path):
    import environment  # noqa: F401
    import keras

    keras.utils.set_random_seed(SEED)
    model = build(keras)
    spread_statistics(keras, model)
    model.save(path)


def spread_statistics(keras, model):
    """Gives normalizations moving statistics as after training, so that folding them is part of the work."""
    random = np.random.default_rng(SEED)
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.BatchNormalization):
            count = layer.moving_mean.shape
            layer.moving_mean.assign(random.normal(0, 0.1, count))
            layer.moving_variance.assign(random.uniform(0.5, 1.5, count))
