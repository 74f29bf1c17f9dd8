"""Layers that slide windows over one to three axes, and those that change these axes' extents."""

from keras import layers as L

from growth import step
from .core import activation


def spatial(node):
    return node.rank - 2


def ranked(name, node):
    """The layer `name` for as many axes as the tensor has."""
    return getattr(L, f"{name}{spatial(node)}D")


def per_axis(dice, node, low, high):
    return dice.pick([dice.count(low, high), dice.counts(spatial(node), low, high)])


def data_format(dice):
    return "channels_first" if dice.flag(0.15) else "channels_last"


def sliding(dice, node):
    """Kernel, padding, and either strides or dilation."""
    options = {"kernel_size": per_axis(dice, node, 1, 4), "padding": dice.pick(["valid", "same"])}
    if dice.flag(0.4):
        options["strides"] = per_axis(dice, node, 1, 3)
    elif dice.flag(0.3):
        options["dilation_rate"] = per_axis(dice, node, 1, 3)
    return options


def ending(dice):
    return {"activation": activation(dice), "use_bias": dice.flag(0.8)}


@step(ranks=(3, 5), weight=4)
def convolution(dice, node, graph):
    options = sliding(dice, node) | ending(dice) | {"data_format": data_format(dice)}
    if node.rank == 3 and dice.flag(0.3):
        options |= {"padding": "causal", "data_format": "channels_last"}
    channels = node.shape[1 if options["data_format"] == "channels_first" else -1] or 1
    groups = dice.pick([count for count in range(1, channels + 1) if channels % count == 0])
    return ranked("Conv", node)(groups * dice.count(1, 3), groups=groups, **options)


@step(ranks=(3, 4), weight=2)
def depthwise_convolution(dice, node, graph):
    options = sliding(dice, node) | ending(dice) | {"data_format": data_format(dice)}
    if "strides" in options:
        options["strides"] = dice.count(1, 3)
    return ranked("DepthwiseConv", node)(depth_multiplier=dice.count(1, 3), **options)


@step(ranks=(3, 4), weight=2)
def separable_convolution(dice, node, graph):
    options = sliding(dice, node) | ending(dice) | {"data_format": data_format(dice)}
    if "strides" in options:
        options["strides"] = dice.count(1, 3)
    return ranked("SeparableConv", node)(dice.count(1, 5), depth_multiplier=dice.count(1, 2), **options)


@step(ranks=(3, 5), weight=2)
def transposed_convolution(dice, node, graph):
    options = sliding(dice, node) | ending(dice) | {"data_format": data_format(dice)}
    strides = options.get("strides", 1)
    if dice.flag(0.3) and isinstance(strides, int) and strides > 1:
        options["output_padding"] = dice.count(0, strides - 1)
    return getattr(L, f"Conv{spatial(node)}DTranspose")(dice.count(1, 5), **options)


@step(ranks=(3, 5), weight=3)
def pooling(dice, node, graph):
    kind = dice.pick(["Max", "Average"])
    form = data_format(dice)
    windows = {"padding": dice.pick(["valid", "same"]), "strides": dice.pick([None, per_axis(dice, node, 1, 3)])}
    return dice.pick(
        [
            ranked(f"{kind}Pooling", node)(pool_size=per_axis(dice, node, 1, 3), data_format=form, **windows),
            ranked(f"Global{kind}Pooling", node)(data_format=form, keepdims=dice.flag(0.4)),
            ranked(f"Adaptive{kind}Pooling", node)(output_size=per_axis(dice, node, 1, 4), data_format=form),
        ]
    )


@step(ranks=(3, 5), weight=2)
def border(dice, node, graph):
    axes = spatial(node)
    pairs = tuple(dice.counts(2, 0, 2) for _ in range(axes))
    amounts = dice.pick([dice.count(1, 2), pairs[0] if axes == 1 else pairs])
    form = {} if axes == 1 else {"data_format": data_format(dice)}
    choices = [ranked("ZeroPadding", node)(amounts, **(form | {"data_format": data_format(dice)}))]
    choices += [ranked("Cropping", node)(amounts, **form)]
    choices += [ranked("UpSampling", node)(dice.count(1, 3) if axes == 1 else per_axis(dice, node, 1, 3), **form)]
    if axes == 2:
        interpolation = dice.pick(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
        choices += [L.UpSampling2D(dice.counts(2, 1, 3), interpolation=interpolation)]
        choices += [L.Resizing(*dice.counts(2, 2, 9), interpolation=dice.pick(["nearest", "bilinear", "bicubic"]))]
        choices += [L.CenterCrop(*dice.counts(2, 2, 6))]
    return dice.pick(choices)


@step(ranks=(3, 5), weight=0.5)
def spatial_dropout(dice, node, graph):
    return ranked("SpatialDropout", node)(0.2)
