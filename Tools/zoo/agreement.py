"""Lets `ostinato verify` compare its answers with those that Keras left in a folder."""

import subprocess

import numpy as np

RTOL = 1e-4


def verify(ostinato, folder, atol):
    """What differs, or None."""
    [model] = folder.glob("model.*")
    outputs = arrays(folder, "output")
    command = [*ostinato, "verify", model, "--rtol", RTOL, "--atol", atol * scale(outputs)]
    for path in arrays(folder, "input"):
        command += ["--input", path]
    for path in outputs:
        command += ["--expected", path]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"


def arrays(folder, kind):
    return sorted(folder.glob(f"{kind}*.npy"), key=lambda path: (len(path.name), path.name))


def scale(outputs):
    """How much wider large outputs make the absolute tolerance: the peak of the output whose peak is least."""
    return max(1.0, min(float(np.abs(np.load(path)).max()) for path in outputs))
