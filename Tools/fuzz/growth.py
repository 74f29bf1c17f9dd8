"""Grows a functional model step by step, together with the values that its tensors have for one batch of inputs."""

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from fixture import draw_weights

LARGEST = 1e3
TRIES = 30
steps = []


@dataclass
class Node:
    """A tensor: what stands for it in the model, what it is for the inputs at hand, and the step that made it."""

    symbol: Any
    value: Any
    made_by: str

    @property
    def shape(self):
        return tuple(self.symbol.shape)

    @property
    def rank(self):
        return len(self.symbol.shape)

    @property
    def kind(self):
        """`float`, `int` or `bool`."""
        return keras.backend.standardize_dtype(self.symbol.dtype).rstrip("0123456789").removeprefix("u")

    @property
    def extents(self):
        return tuple(self.value.shape)


@dataclass
class Step:
    """Something that can be put after a tensor. `make` returns what is called, and the nodes it is called on if they are
    others than the one tensor; None where it does not fit."""

    make: Any
    kinds: tuple
    ranks: tuple
    weight: float

    def fits(self, node):
        return node.kind in self.kinds and self.ranks[0] <= node.rank <= self.ranks[1]


def step(kinds="float", ranks=(2, 6), weight=1.0):
    """Declares the decorated function as a step after tensors of these kinds and ranks, the batch counted."""
    ranks = ranks if isinstance(ranks, tuple) else (ranks, ranks)

    def declare(make):
        steps.append(Step(make, tuple(kinds.split()), ranks, weight))
        return make

    return declare


@dataclass
class Graph:
    dice: Any
    nodes: list
    depth: int = 0
    is_coarse: bool = False
    used: set = field(default_factory=set)
    calls: list = field(default_factory=list)

    def partner(self, fits):
        """A node that `fits`, or None."""
        candidates = [node for node in self.nodes if fits(node)]
        return self.dice.pick(candidates) if candidates else None

    def like(self, node):
        """Another node of the same shape and kind, or the node itself."""
        others = lambda other: other is not node and other.shape == node.shape and other.kind == node.kind
        found = self.partner(lambda other: others(other) and other.extents == node.extents)
        return found or node

    def grow(self, count):
        for _ in range(count):
            self.grow_one()
        return self

    def grow_one(self):
        """Puts one more step after some node; late nodes are the likelier ones. Gives up after some tries."""
        for _ in range(TRIES):
            place = len(self.nodes) - 1 - int(self.dice.rng.exponential(1.2))
            node = self.nodes[max(place, 0)]
            try:
                call, inputs, name = self.again(node) if self.calls and self.dice.flag(0.05) else self.fresh(node)
            except Exception:
                continue
            if call is not None and self.put(call, inputs, name):
                return True
        return False

    def fresh(self, node):
        candidates = [step for step in steps if step.fits(node)]
        weights = np.array([step.weight for step in candidates])
        chosen = candidates[self.dice.rng.choice(len(candidates), p=weights / weights.sum())]
        made = chosen.make(self.dice, node, self)
        call, inputs = made if isinstance(made, tuple) else (made, [node])
        return call, inputs, chosen.make.__name__

    def again(self, node):
        """A layer that is there already, called on other tensors."""
        call, inputs, name = self.dice.pick(self.calls)
        if len(inputs) != 1 or inputs[0].shape[1:] != node.shape[1:] or inputs[0].kind != node.kind:
            return None, [], name
        return call, [node], f"{name} again"

    def put(self, call, inputs, name):
        """Calls `call` on the nodes and keeps what comes, unless Keras objects or the values run away."""
        try:
            symbols = keras.tree.flatten(call(*(node.symbol for node in inputs)))
            for layer in layers_behind(symbols, {id(node.symbol) for node in self.nodes}):
                if not getattr(layer, "is_drawn", False):
                    draw_weights(layer, self.dice.rng)
                    layer.is_drawn = True
            values = keras.tree.flatten(call(*(node.value for node in inputs)))
            if len(symbols) != len(values) or not all(map(is_sound, values)):
                return False
        except Exception:
            return False
        self.used |= {id(node) for node in inputs}
        name = f"{name} {describe(call)}on {', '.join(str(node.shape) for node in inputs)}"
        self.nodes += [Node(symbol, value, name) for symbol, value in zip(symbols, values)]
        if isinstance(call, keras.layers.Layer):
            self.calls.append((call, inputs, name))
        return True

    def leaves(self):
        """The nodes that nothing takes."""
        return [node for node in self.nodes if id(node) not in self.used] or self.nodes[-1:]


def describe(call):
    if not isinstance(call, keras.layers.Layer):
        return ""
    settings = {
        key: value for key, value in call.get_config().items() if isinstance(value, (bool, int, str, list, tuple))
    }
    settings = {key: value for key, value in settings.items() if key not in ("name", "trainable", "seed")}
    return f"{type(call).__name__} {settings} " if len(str(settings)) < 400 else f"{type(call).__name__} "


def layers_behind(symbols, known):
    """The layers between known tensors and `symbols`."""
    waiting, seen = list(symbols), set()
    while waiting:
        symbol = waiting.pop()
        if id(symbol) in known or id(symbol) in seen:
            continue
        seen.add(id(symbol))
        operation, node_index, _ = symbol._keras_history
        if isinstance(operation, keras.layers.Layer):
            yield operation
        waiting += operation._inbound_nodes[node_index].input_tensors


def is_sound(value):
    array = np.asarray(value)
    if array.size == 0 or array.size > 20000 or array.ndim == 0 or array.ndim > 6:
        return False
    return array.dtype.kind != "f" or bool(np.isfinite(array).all() and np.abs(array).max() < LARGEST)
