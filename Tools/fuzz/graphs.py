"""Compares Ostinato with Keras on random functional models.

python graphs.py [--seed N] [--count N] [--keep DIR]

A seed gives always the same model. Where Ostinato differs, the model and its tensors are kept in `DIR/SEED`, and in
`DIR/SEED/first` the smallest part of it that differs: all that leads to the first tensor that is wrong.
"""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "fixtures"))
import environment  # noqa: E402, F401  must come before keras

import argparse  # noqa: E402
import collections  # noqa: E402
import shlex  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import warnings  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402

import steps  # noqa: E402, F401
from dice import Dice  # noqa: E402
from growth import Graph, Node  # noqa: E402

OSTINATO = shlex.split(os.environ.get("OSTINATO", "ostinato"))
RTOL, ATOL = 1e-5, 1e-6
COARSE = 3e3
NUDGE = 1e-6


def main():
    parser = argparse.ArgumentParser(description="Compares Ostinato with Keras on random functional models.")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=100, help="how many models")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "ostinato-graphs")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    tally = collections.Counter()
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        verdict, lines = examine(seed, arguments.keep / str(seed))
        tally[verdict] += 1
        for line in lines:
            print(f"{seed}: {line}", flush=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(tally.items())))
    sys.exit(tally["differ"] > 0)


def examine(seed, folder):
    """What became of the graph of `seed`, and lines that say what is wrong with it."""
    shutil.rmtree(folder, ignore_errors=True)
    graph, inputs = grow(seed)
    try:
        model = assemble(graph, inputs)
        case = Case(folder, model, inputs, graph)
    except Exception as error:
        return "refused by Keras", [f"Keras: {first_line(error)}"]
    problem = case.check()
    if not problem:
        shutil.rmtree(folder)
        return "agree", []
    return "differ", [problem, *first_wrong(graph, inputs, folder, case.slices)]


def grow(seed):
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    dice = Dice(seed)
    batch = dice.pick([1, 2, 3, 5])
    inputs = [entry(dice, batch) for _ in range(dice.pick([1, 1, 1, 2, 2, 3]))]
    return Graph(dice, list(inputs)).grow(dice.count(2, 14)), inputs


def entry(dice, batch):
    """An input of some rank: floats or the numbers of words; some extents are left open."""
    if dice.flag(0.2):
        shape, dtype = dice.pick([(7,), (4,), (3, 5), (1,)]), dice.pick(["int32", "int32", "int64", "float32", "uint8"])
        values = dice.rng.integers(0, 9, (batch, *shape))
    else:
        shape = dice.pick([(6,), (5, 4), (8, 3), (6, 6), (7, 6, 3), (6, 8, 2), (4, 5, 5, 2), (3, 4, 6, 5, 2)])
        dtype, values = "float32", dice.rng.normal(size=(batch, *shape))
    open_axes = dice.rng.random(len(shape)) < (0.12 if len(shape) > 1 else 0)
    open_axes[-1] = False
    declared = [None if is_open else extent for is_open, extent in zip(open_axes, shape)]
    symbol = keras.Input(declared, dtype=dtype)
    return Node(symbol, keras.ops.convert_to_tensor(values.astype(dtype)), "input")


def assemble(graph, inputs):
    """The model that gives some of the graph's tensors, all leaves among them."""
    leaves = graph.leaves()
    chosen = leaves if len(leaves) < 5 else leaves[-4:]
    outputs = [node.symbol for node in chosen]
    form = graph.dice.pick(["list", "list", "dict"]) if len(outputs) > 1 else graph.dice.pick(["only", "list"])
    outputs = {"list": outputs, "only": outputs[0], "dict": {f"out_{i}": x for i, x in enumerate(outputs)}}[form]
    sources = [node.symbol for node in inputs]
    if graph.dice.flag(0.15):
        sources = {f"in_{index}": source for index, source in enumerate(sources)}
    return keras.Model(sources if len(sources) > 1 or isinstance(sources, dict) else sources[0], outputs)


class Case:
    """A model in a folder, with what goes in and what Keras says comes out."""

    def __init__(self, folder, model, inputs, graph):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.slack = COARSE if graph.is_coarse else 1
        self.slices = graph.dice.pick([[], ["--batch-size", 1], ["--batch-size", 2]])
        self.model = folder / "model.keras"
        model.save(self.model)
        given = [np.asarray(node.value) for node in inputs if is_part(node.symbol, model)]
        self.inputs = save(folder, "input", given)
        self.expected = ask(model, given)
        save(folder, "output", self.expected)
        self.nudged = ask(model, [nudge(array) for array in given])

    def check(self):
        """What is wrong with Ostinato's outputs, or None."""
        actual = [self.folder / f"actual{index}.npy" for index in range(len(self.expected))]
        command = [*OSTINATO, "predict", self.model, "--threads", 1, *self.slices]
        for path in self.inputs:
            command += ["--input", path]
        for path in actual:
            command += ["--output", path]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            return first_line(done.stderr) or f"exit code {done.returncode}"
        found = [
            difference(np.load(path), *pair, self.slack) for path, *pair in zip(actual, self.expected, self.nudged)
        ]
        return next(filter(None, found), None)


def is_part(symbol, model):
    return any(symbol is source for source in model.inputs)


def save(folder, kind, arrays):
    paths = [folder / f"{kind}{index}.npy" for index in range(len(arrays))]
    for path, array in zip(paths, arrays):
        np.save(path, array)
    return paths


def ask(model, given):
    packed = keras.tree.pack_sequence_as(model._inputs_struct, [keras.ops.convert_to_tensor(array) for array in given])
    return [np.asarray(output) for output in keras.tree.flatten(model(packed, training=False))]


def nudge(array):
    """The array as rounding might have left it."""
    if array.dtype.kind != "f":
        return array
    return array * np.where(np.random.default_rng(0).random(array.shape) < 0.5, 1 - NUDGE, 1 + NUDGE).astype(
        array.dtype
    )


def difference(actual, expected, nudged, slack):
    """What is wrong, or None. Numbers that a nudge to the inputs moves may be off by as much; those of a graph that
    computes in half precision may be off by `slack` times as much as others."""
    if actual.shape != expected.shape:
        return f"expected shape {expected.shape}. Received: {actual.shape}"
    actual, expected, nudged = (array.astype("float64") for array in (actual, expected, nudged))
    scale = np.max(np.abs(expected[np.isfinite(expected)]), initial=1.0)
    unrest = np.max(np.abs(np.nan_to_num(expected - nudged)), initial=0.0)
    allowed = slack * (RTOL * np.abs(expected) + ATOL * scale) + 2 * unrest
    excess = np.where(np.isnan(actual) & np.isnan(expected) | (actual == expected), 0, np.abs(actual - expected))
    wrong = ~(excess <= allowed)
    if not wrong.any():
        return None
    place = tuple(int(index) for index in np.argwhere(wrong)[0])
    return f"element {place} of {expected.shape}: expected {expected[place]}, received {actual[place]}; {wrong.sum()} wrong"


def first_wrong(graph, inputs, folder, slices):
    """Which tensor of the graph is the first that differs, and how."""
    for node in graph.nodes[len(inputs) :]:
        try:
            sources = needed(node.symbol, inputs)
            model = keras.Model(sources if len(sources) > 1 else sources[0], node.symbol)
            case = Case(folder / "first", model, inputs, graph)
            case.slices = slices
            problem = case.check()
        except Exception as error:
            problem = f"Keras: {first_line(error)}"
        if problem:
            return [f"  first: {node.made_by}", f"  {problem}"]
    return ["  none of its tensors differs alone"]


def needed(symbol, inputs):
    """The inputs that a tensor depends on."""
    waiting, seen = [symbol], set()
    while waiting:
        tensor = waiting.pop()
        if id(tensor) not in seen:
            seen.add(id(tensor))
            operation, node_index, _ = tensor._keras_history
            waiting += operation._inbound_nodes[node_index].input_tensors
    return [node.symbol for node in inputs if id(node.symbol) in seen]


def first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


main()
