"""Layers that take several tensors."""

from keras import layers as L

from growth import step


@step(weight=5)
def merge(dice, node, graph):
    kind = dice.pick([L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum])
    others = [graph.like(node) for _ in range(1 if kind is L.Subtract else dice.count(1, 2))]
    if others == [node] and node.shape[-1]:
        return residual(dice, node, kind())
    return listing(kind()), [node, *others]


def residual(dice, node, layer):
    branch = dice.pick([L.Dense(node.shape[-1], activation="relu"), L.Dense(1), L.LayerNormalization()])
    return (lambda x: layer([x, branch(x)])), [node]


@step(kinds="float int", weight=3)
def concatenate(dice, node, graph):
    axis = dice.pick([-1, dice.count(1, node.rank - 1)])
    place = axis % node.rank

    def fits(other):
        return (
            other.kind == node.kind
            and other.rank == node.rank
            and all(index == place or node.extents[index] == other.extents[index] for index in range(node.rank))
        )

    return listing(L.Concatenate(axis=axis)), [node, *(graph.partner(fits) for _ in range(dice.count(1, 2)))]


@step()
def broadcast_merge(dice, node, graph):
    kind = dice.pick([L.Add, L.Multiply, L.Maximum, L.Average])
    found = graph.partner(
        lambda other: other.kind == "float" and 1 < other.rank <= node.rank and other.shape != node.shape
    )
    return found and (listing(kind()), [node, found])


@step(ranks=(2, 4))
def dot(dice, node, graph):
    other = graph.partner(lambda other: other.kind == "float" and 1 < other.rank < 5) or node
    axes = dice.pick([dice.count(1, node.rank - 1), (dice.count(1, node.rank - 1), dice.count(1, other.rank - 1))])
    return listing(L.Dot(axes=axes, normalize=dice.flag(0.3))), [node, other]


@step(ranks=4, weight=0.7)
def squeeze_and_excite(dice, node, graph):
    channels = node.shape[-1]
    pool, first, second = L.GlobalAveragePooling2D(keepdims=True), L.Dense(2, "relu"), L.Dense(channels, "sigmoid")
    return (lambda x: L.Multiply()([x, second(first(pool(x)))])), [node]


def listing(layer):
    return lambda *tensors: layer(list(tensors))
