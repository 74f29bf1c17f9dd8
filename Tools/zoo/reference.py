"""Asks Keras for its answers, and writes them beside the model and its inputs."""

import importlib
import logging

import numpy as np

from fixture import write_arrays

logging.getLogger("tensorflow").setLevel(logging.ERROR)


def load(path, library):
    return importlib.import_module(library).models.load_model(path, compile=False)


def answer(model, inputs):
    outputs = model.predict_on_batch(inputs[0] if len(inputs) == 1 else inputs)
    return [np.asarray(output) for output in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]


def write(folder, model, inputs):
    """Writes `input.npy` … and `output.npy` …"""
    write_arrays(folder, "input", inputs)
    write_arrays(folder, "output", answer(model, inputs))
