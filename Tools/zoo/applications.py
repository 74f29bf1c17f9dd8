"""The architectures of keras.applications, with random weights."""

from dataclasses import dataclass

import keras
import numpy as np

import reference

BATCH, CALIBRATION, CLASSES = 2, 8, 10


@dataclass(frozen=True)
class Application:
    """The function of that name in keras.applications. `pixels` is the range that its first layers expect.

    Random weights amplify rounding: Keras' own answers are up to 6e-5 of their peak away from those in float64.
    """

    function: str
    size: int
    pixels: tuple = (-1.0, 1.0)
    atol: float = 1e-4

    @property
    def name(self):
        return f"applications/{self.function}"

    def write(self, folder):
        """Writes the model and what it answers, and the same for three layers inside, each in a folder of its own."""
        rng = np.random.default_rng(self.size)
        model = self.build(rng)
        inputs = [self.images(rng, BATCH)]
        for part in (model, *inner(model)):
            place = folder / part.layers[-1].name
            place.mkdir()
            part.save(place / "model.keras")
            reference.write(place, part, inputs)

    def build(self, rng):
        keras.backend.clear_session()
        keras.utils.set_random_seed(self.size)
        model = getattr(keras.applications, self.function)(
            weights=None, input_shape=(self.size, self.size, 3), classes=CLASSES, classifier_activation=None
        )
        draw_affine_weights(model, rng)
        calibrate(model, self.images(rng, CALIBRATION))
        return model

    def images(self, rng, count):
        return rng.uniform(*self.pixels, (count, self.size, self.size, 3)).astype("float32")


BYTES = (0.0, 255.0)
APPLICATIONS = [
    Application("ResNet50", 75),
    Application("ResNet50V2", 75),
    Application("MobileNet", 96),
    Application("MobileNetV2", 96),
    Application("MobileNetV3Small", 96, BYTES),
    Application("MobileNetV3Large", 96, BYTES),
    Application("EfficientNetB0", 75, BYTES),
    Application("EfficientNetV2B0", 75, BYTES),
    Application("DenseNet121", 75),
    Application("InceptionV3", 75),
    Application("Xception", 75),
    Application("NASNetMobile", 75),
    Application("VGG16", 75),
    Application("ConvNeXtTiny", 75, BYTES),
    Application("InceptionResNetV2", 75),
]


def inner(model):
    """The models that end at the layers a quarter, a half and three quarters of the way."""
    layers = [model.layers[len(model.layers) * quarter // 4] for quarter in (1, 2, 3)]
    return [keras.Model(model.inputs, layer.output) for layer in layers]


def draw_affine_weights(model, rng):
    """Scales and offsets that are not at the defaults, which would hide a mistake."""
    for weight in model.weights:
        kind = weight.path.rsplit("/", 1)[-1]
        if kind == "gamma":
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif kind in ("beta", "bias"):
            weight.assign(rng.normal(scale=0.1, size=weight.shape))


def calibrate(model, images):
    """Sets each BatchNormalization's statistics to what it sees, so that deep activations stay near 1."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    model(images, training=True)
    for layer, momentum in zip(layers, momenta):
        layer.momentum = momentum
