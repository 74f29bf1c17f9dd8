"""Converts a Keras file for a peer: python convert.py FORMAT SOURCE TARGET

Run as a program of its own, because a converter may end its process. What several ways lead to is tried in turn.
"""

import environment  # noqa: F401

import subprocess
import sys
import tempfile
from pathlib import Path

SUFFIXES = {"onnx": ".onnx", "openvino": ".xml", "tflite": ".tflite"}


# MARK: For the yardstick


def converted(source, form):
    """The converted file, made once. Raises RuntimeError with the reason, which is kept too, where there is none."""
    target = source.with_suffix(SUFFIXES[form])
    refusal = source.with_suffix(f".{form}-refused")
    if not target.exists() and not refusal.exists():
        command = [sys.executable, __file__, form, source, target]
        run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if run.returncode or not target.exists():
            target.unlink(missing_ok=True)
            refusal.write_text(run.stderr.strip().splitlines()[-1] if run.stderr.strip() else "the converter died")
    if refusal.exists():
        raise RuntimeError(refusal.read_text())
    return target


# MARK: The program


def to_onnx(model, target):
    model.export(target, format="onnx", verbose=False)


def to_openvino(model, target):
    """By way of ONNX, else of a SavedModel."""
    import openvino

    def from_export(form):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("model.onnx" if form == "onnx" else "model")
            model.export(path, format=form, verbose=False)
            converted_model = openvino.convert_model(path)
            openvino.compile_model(converted_model, "CPU")
            openvino.save_model(converted_model, target, compress_to_fp16=False)

    first_of(lambda: from_export("onnx"), lambda: from_export("tf_saved_model"))


def to_tflite(model, target):
    """With built-in operations alone: the runtime has no others."""
    import tensorflow

    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        target.write_bytes(tensorflow.lite.TFLiteConverter.from_saved_model(folder).convert())


def first_of(*ways):
    for way in ways[:-1]:
        try:
            return way()
        except Exception:
            pass
    return ways[-1]()


def one_line(error):
    """The first line that says something, without what follows it."""
    lines = [line.strip() for line in str(error).splitlines() if len(line.strip()) > 12]
    return (lines[0] if lines else type(error).__name__)[:200]


def main():
    form, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    import keras

    ways = {"onnx": to_onnx, "openvino": to_openvino, "tflite": to_tflite}
    try:
        model = keras.models.load_model(source, compile=False)
        model(model.inputs)  # export wants a model that has been called
        ways[form](model, target)
    except Exception as error:
        if "-v" in sys.argv:
            raise
        sys.exit(one_line(error))


if __name__ == "__main__":
    main()
