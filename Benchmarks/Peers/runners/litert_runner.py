"""LiteRT: the interpreter with XNNPACK, resized to the shape of the inputs."""

import re

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from protocol import Engine, serve


class LiteRT(Engine):
    def load(self, path, threads):
        self.interpreter = Interpreter(path, num_threads=threads)

    def prepare(self, inputs):
        # A signature's inputs come in any order; their names end in the number of the input.
        entries = sorted(self.interpreter.get_input_details(), key=lambda entry: number(entry["name"]))
        for entry, array in zip(entries, inputs):
            self.interpreter.resize_tensor_input(entry["index"], array.shape)
        self.interpreter.allocate_tensors()
        for entry, array in zip(entries, inputs):
            self.interpreter.set_tensor(entry["index"], array)

    def predict(self):
        self.interpreter.invoke()

    def results(self):
        return [np.array(self.interpreter.get_tensor(e["index"])) for e in self.interpreter.get_output_details()]


def number(name):
    digits = re.findall(r"_(\d+)(?::\d+)?$", name)
    return int(digits[-1]) if digits else 0


serve(LiteRT())
