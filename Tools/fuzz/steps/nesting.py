"""Models inside models."""

import keras
from keras import layers as L

import growth
from growth import Graph, Node, step

DEEPEST = 2


def grown(dice, node, graph, count):
    """A graph that starts from a tensor like that of `node`."""
    symbol = keras.Input(node.shape[1:], dtype=node.symbol.dtype)
    inner = Graph(dice, [Node(symbol, node.value, "input")], depth=graph.depth + 1)
    inner.grow(count)
    graph.is_coarse |= inner.is_coarse
    return inner


@step(kinds="float int", weight=2)
def functional(dice, node, graph):
    """A functional model, sometimes with two outputs or called twice."""
    if graph.depth >= DEEPEST:
        return None
    inner = grown(dice, node, graph, dice.count(1, 4))
    leaves = [leaf for leaf in inner.leaves() if leaf is not inner.nodes[0]]
    if not leaves:
        return None
    outputs = [leaf.symbol for leaf in leaves[-2:]]
    form = dice.pick(["list", "only", "dict"])
    outputs = (
        outputs[-1] if form == "only" else {f"out{i}": x for i, x in enumerate(outputs)} if form == "dict" else outputs
    )
    model = keras.Model(inner.nodes[0].symbol, outputs)
    other = graph.like(node)
    if other is not node and dice.flag(0.4):
        return (lambda x, y: [*keras.tree.flatten(model(x)), *keras.tree.flatten(model(y))]), [node, other]
    return (lambda x: keras.tree.flatten(model(x))), [node]


@step(kinds="float int", weight=2)
def sequential(dice, node, graph):
    chain = chained(dice, node, graph)
    return keras.Sequential([*([keras.Input(node.shape[1:], dtype=node.symbol.dtype)] if dice.flag() else []), *chain])


@step(ranks=(3, 5), weight=1.5)
def distributed_model(dice, node, graph):
    """A Sequential for each step of time."""
    value = node.value[:, 0]
    inside = Node(keras.Input(node.shape[2:]), value, "input")
    return L.TimeDistributed(keras.Sequential(chained(dice, inside, graph)))


def chained(dice, node, graph):
    """Layers that fit one after another."""
    if graph.depth >= DEEPEST:
        raise ValueError("too deep")
    inner = Graph(dice, [node], depth=graph.depth + 1)
    chain = []
    for _ in range(growth.TRIES):
        last = inner.nodes[-1]
        call, inputs, name = inner.fresh(last)
        if not isinstance(call, keras.layers.Layer) or inputs != [last]:
            continue
        before = len(inner.nodes)
        if inner.put(call, inputs, name):
            if len(inner.nodes) != before + 1:
                del inner.nodes[before:]
                continue
            chain.append(call)
        if len(chain) == 3:
            break
    graph.is_coarse |= inner.is_coarse
    if not chain:
        raise ValueError("nothing fits")
    return chain
