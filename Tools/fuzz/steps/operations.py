"""Python's operators and `keras.ops` on symbolic tensors."""

import operator

import numpy as np
from keras import layers as L
from keras import ops

from growth import step

SMOOTH = """abs negative square sin cos tanh arctan arcsinh sigmoid relu relu6 softplus softsign silu erf sign floor ceil
    round trunc expm1 isfinite isnan isinf selu mish hard_sigmoid hard_silu hard_tanh log_sigmoid tanh_shrink
    sparse_plus sparse_sigmoid leaky_relu elu celu gelu squareplus hard_shrink soft_shrink zeros_like ones_like copy
    stop_gradient deg2rad rad2deg exp2 cbrt signbit nan_to_num sinc isposinf isneginf isreal real conj fabs
    erfc empty_like""".split()
POSITIVE = "sqrt log log1p log2 log10 rsqrt reciprocal".split()
WITHIN_ONE = "arcsin arccos arctanh erfinv".split()
PAIRS = """add subtract multiply maximum minimum arctan2 squared_difference hypot logaddexp logaddexp2 fmax fmin
    heaviside divide_no_nan""".split()
COMPARISONS = """greater greater_equal less less_equal equal not_equal isclose""".split()
REDUCTIONS = "sum mean max min prod std var amax amin median ptp logsumexp any all count_nonzero argmax argmin".split()
REDUCTIONS += "nansum nanmean nanmax nanmin nanprod nanstd nanvar nanmedian".split()


def available(names):
    return [getattr(ops, name) for name in names if hasattr(ops, name)]


def axis_of(dice, node, first=1):
    axis = dice.count(first, node.rank - 1)
    return dice.pick([axis, axis - node.rank])


def axes_of(dice, node):
    return tuple(dice.some(range(1, node.rank)))


@step(weight=6)
def unary(dice, node, graph):
    function = dice.pick(available(SMOOTH))
    return lambda x: function(x)


@step(weight=2)
def unary_within(dice, node, graph):
    """Functions that want numbers of a range."""
    inverse = dice.pick(available(WITHIN_ONE))
    positive = dice.pick(available(POSITIVE))
    return dice.pick(
        [
            lambda x: positive(ops.abs(x) + 0.3),
            lambda x: inverse(ops.tanh(x) * 0.9),
            lambda x: ops.arccosh(1.1 + abs(x)),
            lambda x: ops.exp(ops.minimum(x, 2.0)),
            lambda x: ops.sinh(ops.clip(x, -2, 2)) + ops.cosh(ops.clip(x, -2, 2)) + ops.tan(ops.clip(x, -1, 1)),
        ]
    )


@step(weight=5)
def arithmetic_with_numbers(dice, node, graph):
    number = dice.pick([dice.number(0.3, 2), -dice.number(0.3, 2), 2, 3])
    base = dice.pick([0.5, 2.0, 3])
    array = np.random.default_rng(dice.count(0, 99)).normal(size=node.shape[-1] or 1).astype("float32")
    return dice.pick(
        [
            lambda x: x + number,
            lambda x: number + x,
            lambda x: x - number,
            lambda x: number - x,
            lambda x: x * number,
            lambda x: number * x,
            lambda x: x / number,
            lambda x: number / (abs(x) + 0.5),
            lambda x: x**2,
            lambda x: base ** ops.clip(x, -3, 3),
            lambda x: (ops.abs(x) + 0.1) ** number,
            lambda x: x // number,
            lambda x: x % number,
            lambda x: number // (abs(x) + 0.5),
            lambda x: number % (abs(x) + 0.5),
            lambda x: -x,
            lambda x: abs(x),
            lambda x: x + array,
            lambda x: array * x,
            lambda x: ops.round(x, decimals=dice_decimals),
            lambda x: ops.clip(x, -abs(number), abs(number)),
            lambda x: ops.threshold(x, 0.2, number),
            lambda x: ops.multiply(x, number),
            lambda x: ops.maximum(number, x),
        ]
    )


dice_decimals = 1


@step(weight=4)
def pair(dice, node, graph):
    other = graph.like(node)
    function = dice.pick([*available(PAIRS), operator.add, operator.sub, operator.mul, lambda x, y: x / (abs(y) + 0.5)])
    return lambda x, y: function(x, y), [node, other]


@step(weight=2)
def broadcast_pair(dice, node, graph):
    """Tensors of other shapes, stretched."""
    axis = dice.count(1, node.rank - 1)
    function = dice.pick([operator.add, operator.sub, operator.mul, ops.maximum])
    other = graph.partner(lambda other: other.kind == "float" and other.rank <= node.rank)
    return dice.pick(
        [
            (lambda x: function(x, ops.mean(x, axis=axis, keepdims=True)), [node]),
            (lambda x: function(ops.max(x, axis=axis, keepdims=True), x), [node]),
            (lambda x, y: function(x, y), [node, other]),
        ]
    )


@step(weight=2, kinds="float int")
def comparison(dice, node, graph):
    function = dice.pick([*available(COMPARISONS), operator.gt, operator.le, operator.lt, operator.ge])
    number = dice.pick([0, 1, 2]) if node.kind == "int" else dice.number()
    other = graph.like(node)
    return dice.pick([(lambda x: function(x, number), [node]), (lambda x, y: function(x, y), [node, other])])


@step(kinds="bool", weight=10)
def use_of_truth(dice, node, graph):
    other = graph.like(node)
    filled = graph.partner(lambda other: other.kind == "float" and other.shape == node.shape)
    choices = [
        (lambda x: ops.cast(x, "float32"), [node]),
        (lambda x: ops.cast(x, "int32"), [node]),
        (lambda x: ops.logical_not(x), [node]),
        (lambda x: ~x, [node]),
        (lambda x: ops.any(x, axis=-1), [node]),
        (lambda x: ops.all(x, axis=1, keepdims=True), [node]),
        (lambda x: ops.sum(x, axis=-1), [node]),
        (lambda x: ops.mean(x, axis=-1), [node]),
        (lambda x: ops.where(x, 1.5, -0.5), [node]),
        (lambda x, y: ops.logical_and(x, y), [node, other]),
        (lambda x, y: ops.logical_or(x, ops.logical_not(y)), [node, other]),
        (lambda x, y: ops.logical_xor(x, y), [node, other]),
        (lambda x, y: x & y, [node, other]),
        (lambda x, y: x | y, [node, other]),
        (lambda x: x[:, 0], [node]),
    ]
    if filled:
        choices += [
            (lambda x, y: ops.where(x, y, 0.0), [node, filled]),
            (lambda x, y: ops.where(x, y, -y), [node, filled]),
        ]
        choices += [(lambda x, y: x * y, [node, filled])]
    return dice.pick(choices)


@step(kinds="int", weight=4)
def whole_numbers(dice, node, graph):
    other = graph.like(node)
    return dice.pick(
        [
            (lambda x: x + 1, [node]),
            (lambda x: x * 2, [node]),
            (lambda x: x // 2, [node]),
            (lambda x: x % 3, [node]),
            (lambda x: 7 - x, [node]),
            (lambda x: -x, [node]),
            (lambda x: ops.abs(x - 2), [node]),
            (lambda x: x / 3, [node]),
            (lambda x: x + 0.5, [node]),
            (lambda x: ops.maximum(x, 1), [node]),
            (lambda x: ops.clip(x, 0, 2), [node]),
            (lambda x: ops.cast(x, "float32"), [node]),
            (lambda x: ops.one_hot(x, 4), [node]),
            (lambda x: ops.sum(x, axis=-1), [node]),
            (lambda x: ops.mean(x, axis=-1), [node]),
            (lambda x: ops.max(x, axis=-1, keepdims=True), [node]),
            (lambda x: ops.sort(x, axis=-1), [node]),
            (lambda x: ops.cumsum(x, axis=-1), [node]),
            (lambda x: ops.square(x), [node]),
            (lambda x: ops.sqrt(ops.abs(x)), [node]),
            (lambda x: ops.where(x > 2, x, 0), [node]),
            (lambda x, y: x + y, [node, other]),
            (lambda x, y: x * y - x, [node, other]),
            (lambda x, y: ops.minimum(x, y), [node, other]),
            (lambda x: ops.bitwise_and(x, 3), [node]),
            (lambda x: ops.bitwise_xor(x, 5), [node]),
            (lambda x: ops.left_shift(x, 1), [node]),
            (lambda x: ops.sign(x - 1), [node]),
            (lambda x: ops.power(x, 2), [node]),
            (lambda x: ops.flip(x, axis=-1), [node]),
            (lambda x: x[:, 1:], [node]),
            (lambda x: ops.concatenate([x, x + 1], axis=-1), [node]),
            (lambda x: ops.cast(x, "float32") * 0.1, [node]),
            (lambda x: ops.multi_hot(x, 5), [node]),
        ]
    )


@step(weight=3, kinds="float bool")
def reduction(dice, node, graph):
    function = dice.pick(available(REDUCTIONS))
    keeps = dice.flag(0.4)
    axis = axis_of(dice, node) if "arg" in function.__name__ or dice.flag(0.6) else axes_of(dice, node)
    if function.__name__ == "count_nonzero":
        return lambda x: function(x, axis=axis)
    return lambda x: function(x, axis=axis, keepdims=keeps)


@step(weight=0.6)
def over_the_batch(dice, node, graph):
    return dice.pick(
        [
            lambda x: x - ops.mean(x, axis=0),
            lambda x: ops.flip(x, axis=0),
            lambda x: x + ops.roll(x, 1, axis=0),
            lambda x: x / (1 + ops.std(x, axis=0, keepdims=True)),
            lambda x: ops.softmax(x, axis=0),
            lambda x: x[::-1],
            lambda x: ops.cumsum(x, axis=0),
            lambda x: x * ops.max(x),
        ]
    )


@step(weight=3)
def along_an_axis(dice, node, graph):
    axis, name = axis_of(dice, node), dice.pick(["reflect", "symmetric", "constant"])
    widths = [(0, 0)] + [dice.counts(2, 0, 2) for _ in range(node.rank - 1)]
    extent = node.extents[axis]
    return dice.pick(
        [
            lambda x: ops.softmax(x, axis=axis),
            lambda x: ops.log_softmax(x, axis=axis),
            lambda x: ops.cumsum(x, axis=axis),
            lambda x: ops.cumprod(ops.tanh(x), axis=axis),
            lambda x: ops.sort(x, axis=axis),
            lambda x: ops.argsort(x, axis=axis),
            lambda x: ops.flip(x, axis=axis),
            lambda x: ops.roll(x, 2, axis=axis),
            lambda x: ops.repeat(x, 2, axis=axis),
            lambda x: ops.pad(x, widths, mode=name),
            lambda x: ops.pad(x, widths, constant_values=0.5),
            lambda x: ops.normalize(x, axis=axis),
            lambda x: ops.norm(x, axis=axis, keepdims=True),
            lambda x: ops.norm(x, ord=1, axis=axis),
            lambda x: ops.norm(x, ord=np.inf, axis=axis),
            lambda x: ops.logsumexp(x, axis=axis),
            lambda x: ops.take(x, [0, extent - 1, 0], axis=axis),
            lambda x: ops.take(x, -1, axis=axis),
            lambda x: ops.diff(x, axis=axis),
            lambda x: ops.quantile(x, 0.3, axis=axis),
            lambda x: ops.quantile(x, [0.25, 0.5], axis=axis),
            lambda x: ops.percentile(x, 30, axis=axis),
            lambda x: list(ops.moments(x, axes=[axis])),
            lambda x: ops.average(x, axis=axis),
            lambda x: ops.trapezoid(x, axis=axis),
            lambda x: ops.glu(x, axis=axis),
            lambda x: ops.nancumsum(x, axis=axis),
            lambda x: ops.take_along_axis(x, ops.argmax(x, axis=axis, keepdims=True), axis=axis),
            lambda x: ops.layer_normalization(x, axis=axis),
            lambda x: ops.rms_normalization(x, axis=axis),
            lambda x: ops.array_split(x, 2, axis=axis),
            lambda x: ops.append(x, x, axis=axis),
            lambda x: ops.nan_to_num(x / (x - x), nan=1.0, posinf=2.0, neginf=-2.0),
        ]
    )


@step(weight=3, kinds="float int bool")
def shape(dice, node, graph):
    axis, other = axis_of(dice, node), axis_of(dice, node)
    place = dice.count(1, node.rank)
    order = [0, *dice.shuffled(range(1, node.rank))]
    size = int(np.prod(node.extents[1:]))
    ones = [index for index in range(1, node.rank) if node.shape[index] == 1]
    counts = [1, *dice.counts(node.rank - 1, 1, 2)]
    last = node.shape[-1] or 1
    choices = [
        lambda x: ops.expand_dims(x, place),
        lambda x: ops.expand_dims(x, -1),
        lambda x: ops.transpose(x, order),
        lambda x: ops.swapaxes(x, axis, other),
        lambda x: ops.moveaxis(x, axis, other),
        lambda x: ops.reshape(x, (-1, size)),
        lambda x: ops.reshape(x, (-1, size, 1)),
        lambda x: ops.reshape(x, (-1, last)),
        lambda x: ops.tile(x, counts),
        lambda x: ops.stack([x, x], axis=place),
        lambda x: ops.split(x, 2, axis=axis),
        lambda x: ops.split(x, [1], axis=axis),
        lambda x: ops.unstack(x, axis=axis),
        lambda x: ops.broadcast_to(x, (node.extents[0], *node.extents[1:])),
        lambda x: ops.squeeze(x, axis=ones[0]),
        lambda x: ops.concatenate([x, ops.flip(x, axis=axis)], axis=axis),
        lambda x: ops.hstack([x, x]),
        lambda x: ops.ravel(x),
        lambda x: ops.rot90(x, axes=(1, 2)),
        lambda x: ops.fliplr(x),
    ]
    return dice.pick(choices)


@step(weight=4, kinds="float int")
def slicing(dice, node, graph):
    start, index = dice.count(0, 2), dice.pick([0, -1, 1])
    step_ = dice.pick([1, 2, -1, -2])
    stop = dice.pick([None, -1, 3])
    choices = [
        lambda x: x[:, start:],
        lambda x: x[:, index],
        lambda x: x[:, ::step_],
        lambda x: x[:, start:stop],
        lambda x: x[..., index],
        lambda x: x[..., start:],
        lambda x: x[:, None],
        lambda x: x[..., None],
        lambda x: x[:, index, None],
        lambda x: x[..., :stop:step_] if step_ > 0 else x[..., ::step_],
    ]
    if node.rank > 2:
        choices += [
            lambda x: x[:, index, start:],
            lambda x: x[:, start:, index],
            lambda x: x[:, :, ::step_],
            lambda x: x[:, 1:, :] - x[:, :-1, :],
            lambda x: x[:, None, index],
        ]
    return dice.pick(choices)


@step(ranks=(3, 4), weight=2)
def matrices(dice, node, graph):
    swapped = [*range(node.rank - 2), node.rank - 1, node.rank - 2]
    array = np.random.default_rng(3).normal(size=(node.shape[-1] or 1, 3)).astype("float32")
    other = graph.partner(lambda other: other.kind == "float" and other.rank == node.rank) or node
    return dice.pick(
        [
            (lambda x: x @ ops.transpose(x, swapped), [node]),
            (lambda x, y: x @ y, [node, other]),
            (lambda x: ops.matmul(x, array), [node]),
            (lambda x, y: ops.matmul(x, ops.transpose(y, swapped)), [node, other]),
            (lambda x: ops.dot(x, array), [node]),
            (lambda x: ops.einsum("...ij,...kj->...ik", x, x), [node]),
            (lambda x: ops.tensordot(x, array, axes=[[node.rank - 1], [0]]), [node]),
            (lambda x: ops.tril(x), [node]),
            (lambda x: ops.triu(x, k=1), [node]),
            (lambda x: ops.diagonal(x, axis1=-2, axis2=-1), [node]),
            (lambda x: ops.trace(x, axis1=-2, axis2=-1), [node]),
            (lambda x: ops.top_k(x, 2), [node]),
            (lambda x: ops.top_k(x, 2)[1], [node]),
            (lambda x: ops.inner(x, array.T), [node]),
            (lambda x: ops.softmax(x @ ops.transpose(x, swapped) / 2.0) @ x, [node]),
            (lambda x: ops.cross(x, x[..., ::-1]), [node]),
        ]
    )


@step(ranks=2, weight=2)
def vectors(dice, node, graph):
    other = graph.partner(lambda other: other.kind == "float" and other.rank == 2) or node
    return dice.pick(
        [
            (lambda x, y: ops.einsum("bi,bj->bij", x, y), [node, other]),
            (lambda x, y: ops.expand_dims(x, 1) * ops.expand_dims(y, 2), [node, other]),
            (lambda x, y: ops.matmul(x[:, None, :], ops.expand_dims(x, -1)) + 0 * ops.sum(y), [node, other]),
            (lambda x: x @ ops.transpose(x), [node]),
            (lambda x: ops.one_hot(ops.argmax(x, axis=-1), x.shape[-1]), [node]),
            (lambda x: ops.vstack([x, x]), [node]),
        ]
    )


@step(ranks=(3, 4), weight=1.5)
def windows(dice, node, graph):
    rng = np.random.default_rng(5)
    channels = node.shape[-1] or 1
    spatial = node.rank - 2
    kernel = rng.normal(size=(2,) * spatial + (channels, 3)).astype("float32") * 0.5
    deep = rng.normal(size=(2,) * spatial + (channels, 2)).astype("float32") * 0.5
    pointwise = rng.normal(size=(1,) * spatial + (2 * channels, 3)).astype("float32") * 0.5
    padding = dice.pick(["valid", "same"])
    strides = dice.pick([1, 2])
    return dice.pick(
        [
            lambda x: ops.max_pool(x, 2, strides, padding=padding),
            lambda x: ops.average_pool(x, 2, strides, padding=padding),
            lambda x: ops.conv(x, kernel, strides=strides, padding=padding),
            lambda x: ops.depthwise_conv(x, deep, strides=strides, padding=padding),
            lambda x: ops.separable_conv(x, deep, pointwise, strides=strides, padding=padding),
            lambda x: ops.adaptive_average_pool(x, 2),
        ]
    )


@step(ranks=4, weight=1.5)
def images(dice, node, graph):
    size = dice.counts(2, 2, 8)
    interpolation = dice.pick(["bilinear", "nearest", "bicubic"])
    block = dice.pick([2, 3])
    return dice.pick(
        [
            lambda x: ops.image.resize(x, size, interpolation=interpolation),
            lambda x: ops.image.resize(x, size, antialias=True),
            lambda x: ops.image.rgb_to_grayscale(x),
            lambda x: ops.image.pad_images(x, 1, 2, 0, 1),
            lambda x: ops.image.crop_images(x, 1, 0, 0, 1),
            lambda x: ops.image.extract_patches(x, 2),
            lambda x: ops.depth_to_space(x, block),
            lambda x: ops.space_to_depth(x, block),
        ]
    )


@step(weight=1)
def with_constants(dice, node, graph):
    """Constants made inside the graph, and calls by keyword."""
    last = node.shape[-1] or 1
    statistics = [np.random.default_rng(n).uniform(0.5, 1.5, last).astype("float32") for n in range(4)]
    return dice.pick(
        [
            lambda x: x + ops.arange(last, dtype="float32"),
            lambda x: x * ops.ones((1, last)),
            lambda x: ops.full_like(x, 0.5) + x,
            lambda x: ops.add(x1=x, x2=1.0),
            lambda x: ops.sum(x=x, axis=-1, keepdims=True),
            lambda x: ops.batch_normalization(x, *statistics[:2], axis=-1, offset=statistics[2], scale=statistics[3]),
            lambda x: ops.layer_normalization(x, statistics[0], statistics[1]),
            lambda x: ops.where(x > 0, x, ops.zeros_like(x)),
            lambda x: ops.select([x > 1.0, x > 0.0], [x, x * 2], -1.0),
            lambda x: ops.logaddexp(x, 0.5),
            lambda x: ops.digitize(x, [-1.0, 0.0, 1.0]),
            lambda x: ops.cast(x, "int32"),
            lambda x: ops.convert_to_tensor(x) * 2,
        ]
    )
