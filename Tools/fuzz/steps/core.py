"""Layers for tensors of any rank: affine maps, activations, normalisations, shapes."""

import keras
from keras import layers as L

from growth import step

ACTIVATIONS = """linear relu relu6 elu selu celu gelu glu sigmoid hard_sigmoid hard_silu hard_tanh tanh tanh_shrink
    hard_shrink soft_shrink softmax log_softmax sparsemax softplus softsign silu swish mish leaky_relu exponential
    squareplus sparse_plus sparse_sigmoid log_sigmoid threshold""".split()
SAFE = [name for name in ACTIVATIONS if name not in ("glu", "exponential", "threshold")]
FEATURES = ("axis", "epsilon")


def activation(dice):
    return dice.pick([None, "relu", "tanh", dice.pick(SAFE)])


@step(weight=4)
def dense(dice, node, graph):
    return L.Dense(dice.count(1, 7), activation=activation(dice), use_bias=dice.flag(0.8))


@step(ranks=(2, 4))
def einsum_dense(dice, node, graph):
    letters = "abcd"[: node.rank]
    last = node.shape[-1]
    choices = [(f"{letters},{letters[-1]}z->{letters[:-1]}z", 5, dice.pick([None, "z"]))]
    if node.rank == 3:
        choices += [
            ("abc,cyz->abyz", (node.shape[1], 2, 3), "yz"),
            ("abc,bz->azc", (4, last), dice.pick(["z", "c", None])),
        ]
    if node.rank == 4:
        choices += [("abcd,cdz->abz", (node.shape[1], 3), "z")]
    if node.rank > 2:
        choices += [(f"...x,xy->...y", 4, "y")]
    equation, shape, bias = dice.pick(choices)
    shape = (
        (node.shape[1], shape) if isinstance(shape, int) and node.rank == 3 and equation != "...x,xy->...y" else shape
    )
    shape = (None, shape) if equation == "...x,xy->...y" else shape
    if node.rank == 4 and isinstance(shape, int):
        shape = (*node.shape[1:3], shape)
    return L.EinsumDense(equation, output_shape=shape, bias_axes=bias, activation=activation(dice))


@step(weight=2)
def activation_layer(dice, node, graph):
    axis = dice.count(1, node.rank - 1)
    some_axes = dice.some(range(1, node.rank))
    return dice.pick(
        [
            L.Activation(dice.pick(ACTIVATIONS)),
            L.ReLU(
                max_value=dice.pick([None, 1.5]),
                negative_slope=dice.pick([0.0, 0.2]),
                threshold=dice.pick([0.0, 0.3]),
            ),
            L.LeakyReLU(negative_slope=dice.number(0, 1)),
            L.ELU(alpha=dice.number(0.1, 2)),
            L.PReLU(shared_axes=dice.pick([None, some_axes])),
            L.Softmax(axis=dice.pick([-1, axis, tuple(some_axes)])),
        ]
    )


@step()
def nothing(dice, node, graph):
    return dice.pick(
        [L.Dropout(0.3), L.GaussianNoise(0.1), L.GaussianDropout(0.2), L.AlphaDropout(0.1), L.Identity()]
        + [L.ActivityRegularization(0.1)]
    )


@step(weight=3)
def normalization(dice, node, graph):
    axis = dice.pick([-1, dice.count(1, node.rank - 1)])
    axes = dice.some(range(1, node.rank))
    flags = {"scale": dice.flag(0.8), "center": dice.flag(0.8)}
    choices = [
        L.BatchNormalization(axis=axis, epsilon=dice.pick([1e-3, 1e-5]), **flags),
        L.BatchNormalization(axis=axis),
        L.LayerNormalization(axis=dice.pick([-1, axis, axes]), **flags),
        L.RMSNormalization(axis=dice.pick([-1, axes]), epsilon=1e-5),
        L.UnitNormalization(axis=dice.pick([-1, axes])),
        L.Rescaling(dice.number(), offset=dice.number()),
    ]
    extent = node.shape[axis]
    if extent and node.rank > 2:
        groups = dice.pick([count for count in range(1, extent + 1) if extent % count == 0])
        choices.append(L.GroupNormalization(dice.pick([groups, -1]), axis=axis, **flags))
    if node.shape[-1]:
        low = [dice.number() for _ in range(node.shape[-1])]
        choices.append(L.Normalization(mean=low, variance=[abs(number) + 0.5 for number in low]))
    return dice.pick(choices)


@step(ranks=2)
def spectral_normalization(dice, node, graph):
    return L.SpectralNormalization(L.Dense(dice.count(1, 5)))


@step(kinds="float int", weight=2)
def shape_layer(dice, node, graph):
    inner = node.extents[1:]
    size = 1
    for extent in inner:
        size *= extent
    factor = dice.pick([number for number in range(1, size + 1) if size % number == 0])
    target = dice.pick([(factor, size // factor), (-1, factor), (size,), (1, -1, factor)])
    choices = [L.Permute(dice.shuffled(range(1, node.rank))), L.Flatten()]
    if None not in node.shape[1:]:
        choices += [L.Reshape(target), L.Reshape(target)]
    elif node.shape[-1]:
        choices += [L.Reshape((-1, node.shape[-1]))]
    if node.rank == 2:
        choices += [L.RepeatVector(dice.count(1, 4))]
    return dice.pick(choices)


@step(kinds="int", weight=3, ranks=(2, 4))
def embedding(dice, node, graph):
    top = int(max(node.value.numpy().max(), 1)) + 1
    if node.value.numpy().min() < 0 or top > 500:
        return None
    return L.Embedding(top, dice.count(2, 6), mask_zero=dice.flag(0.4))


@step(kinds="int", ranks=2)
def category_encoding(dice, node, graph):
    top = int(max(node.value.numpy().max(), 1)) + 1
    if node.value.numpy().min() < 0 or top > 30:
        return None
    return L.CategoryEncoding(top, output_mode=dice.pick(["multi_hot", "count"]))


@step(kinds="int", weight=0.5)
def integer_layer(dice, node, graph):
    return dice.pick(
        [
            L.Hashing(dice.count(2, 20), salt=dice.pick([None, 7]), mask_value=dice.pick([None, 0])),
            L.IntegerLookup(vocabulary=[3, 5, 1, 8], num_oov_indices=dice.pick([1, 2])),
        ]
    )


@step(weight=0.3)
def discretization(dice, node, graph):
    return L.Discretization(bin_boundaries=[-1.0, -0.2, 0.1, 0.8], output_mode="int")


@step(weight=0.5)
def half(dice, node, graph):
    """A layer that computes in half precision."""
    policy = dice.pick(["mixed_float16", "mixed_bfloat16", "float64"])
    graph.is_coarse = True
    layer = L.Dense(dice.count(1, 5), dtype=policy)
    cast = L.Rescaling(1.0, dtype="float32")
    return (lambda x: cast(layer(x))), [node]
