"""What an engine answers, line by line, fields parted by tabs:

    ready                  answers as soon as the program is up  ok
    load PATH THREADS      reads the model                            ok
    inputs FILE.npy …      takes inputs and prepares for their shape  ok
    run COUNT SECONDS      predicts until either is reached           ok  nanoseconds …  (one for each prediction)
    outputs PREFIX         writes PREFIX0.npy … of the last run       ok  count

Anything that goes wrong is answered by `error`, a tab, and a line of text. The end of the input ends the engine.
`Sources/ostinato-peer` speaks the same.
"""

import os
import sys
from time import perf_counter_ns

import numpy as np


class Engine:
    """What a peer fills in. `predict` returns a list of arrays, or leaves them for `results` to fetch."""

    def load(self, path, threads):
        raise NotImplementedError

    def prepare(self, inputs):
        raise NotImplementedError

    def predict(self):
        raise NotImplementedError

    def results(self):
        """The outputs of the last prediction, as arrays."""
        raise NotImplementedError


def serve(engine):
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    for line in sys.stdin:
        command, *arguments = line.rstrip("\n").split("\t")
        try:
            answer = "\t".join(["ok", *COMMANDS[command](engine, *arguments)])
        except Exception as error:
            answer = "error\t" + one_line(error)
        print(answer, file=answers, flush=True)


def ready(_engine):
    return []


def load(engine, path, threads):
    engine.load(path, int(threads))
    return []


def inputs(engine, *paths):
    engine.prepare([np.load(path) for path in paths])
    return []


def run(engine, count, seconds):
    durations = []
    predict = engine.predict
    end = perf_counter_ns() + float(seconds) * 1e9
    for _ in range(int(count)):
        start = perf_counter_ns()
        predict()
        stop = perf_counter_ns()
        durations.append(str(stop - start))
        if stop > end:
            break
    return durations


def outputs(engine, prefix):
    results = engine.results()
    for index, result in enumerate(results):
        np.save(f"{prefix}{index}.npy", np.ascontiguousarray(result))
    return [str(len(results))]


COMMANDS = {"ready": ready, "load": load, "inputs": inputs, "run": run, "outputs": outputs}


def one_line(error):
    """The first line of a message that says something."""
    lines = [line.strip() for line in str(error).splitlines() if len(line.strip()) > 12]
    return (lines[0] if lines else f"{type(error).__name__} {error}".strip())[:200].replace("\t", " ")
