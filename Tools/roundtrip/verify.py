"""Opens with Keras the models that Ostinato saved, and compares their predictions with those of the fixtures.

    OSTINATO_SAVED_MODELS=/tmp/saved swift test --filter 'SaveTests|EndingTests'
    TF_ENABLE_ONEDNN_OPTS=0 python Tools/roundtrip/verify.py /tmp/saved
"""

import importlib
import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

sys.path.append(str(Path(__file__).resolve().parents[1] / "fixtures"))
keras.saving.get_custom_objects()["Loose"] = importlib.import_module("custom_layers").Loose
ACTIVATIONS = "__activations"
FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"


def arrays(folder, stem):
    def array(name):
        texts, numbers = folder / f"{name}.json", folder / f"{name}.npy"
        if texts.exists():
            return tf.constant(json.loads(texts.read_text()))
        return np.load(numbers) if numbers.exists() else None

    found = [array(stem), *(array(f"{stem}{index}") for index in range(32))]
    return [array for array in found if array is not None]


def activations(folder):
    with np.load(folder / "activations.npz") as found:
        return [found[name] for name in sorted(found)]


def difference(path):
    """What is wrong with the saved model at `path`, or None."""
    case = path.stem.removesuffix(ACTIVATIONS)
    folder = FIXTURES / case.replace("__", "/")
    limits = json.loads((folder / "fixture.json").read_text())
    model = keras.models.load_model(path, compile=False, safe_mode=False)
    given = [tf.convert_to_tensor(array) for array in arrays(folder, "input")]
    packed = given[0] if isinstance(model, keras.Sequential) else keras.tree.pack_sequence_as(model._inputs_struct, given)
    outputs = keras.tree.flatten(model(packed, training=False))
    expected = arrays(folder, "output") if case == path.stem else activations(folder)
    if len(outputs) != len(expected):
        return f"{len(expected)} outputs expected, {len(outputs)} came"
    for index, (output, golden) in enumerate(zip(outputs, expected)):
        output = np.asarray(output)
        if output.shape != np.shape(golden):
            return f"output {index}: shape {golden.shape} expected, {output.shape} came"
        if output.dtype == object:
            if (output != np.asarray(golden)).any():
                return f"output {index}: other strings"
        elif not np.allclose(output, golden, rtol=limits["rtol"], atol=limits["atol"], equal_nan=True):
            return f"output {index}: off by {np.max(np.abs(output.astype(float) - golden))}"
    return None


def main():
    failures = 0
    paths = sorted(Path(sys.argv[1]).glob("*.keras"))
    for path in paths:
        try:
            problem = difference(path)
        except Exception as error:
            problem = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:300]}"
        if problem:
            failures += 1
            print(f"{path.stem}: {problem}", flush=True)
    print(f"{len(paths) - failures} of {len(paths)} agree")
    sys.exit(failures > 0)


main()
