"""Compares Ostinato with Keras on published models and on keras.applications.

python zoo.py [PREFIX …]
"""

import os
import shlex
import shutil
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "fixtures"))
import environment  # noqa: E402, F401  must come before keras

from agreement import verify  # noqa: E402
from applications import APPLICATIONS  # noqa: E402
from cache import MODELS  # noqa: E402
from published import PUBLISHED  # noqa: E402

OSTINATO = shlex.split(os.environ.get("OSTINATO", "ostinato"))


def main():
    prefixes = tuple(sys.argv[1:]) or ("",)
    chosen = [entry for entry in [*PUBLISHED, *APPLICATIONS] if entry.name.startswith(prefixes)]
    problems = 0
    for entry in chosen:
        start = time.monotonic()
        problem = check(entry)
        problems += problem is not None
        print(f"{entry.name}: {problem or 'agrees'} ({time.monotonic() - start:.1f} s)", flush=True)
    print(f"{len(chosen) - problems} of {len(chosen)} agree")
    sys.exit(problems > 0)


def check(entry):
    """What is wrong, or None."""
    try:
        found = [verify(OSTINATO, folder, entry.atol) for folder in answers(entry)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "; ".join(filter(None, found)) or None


def answers(entry):
    """The folders that hold Keras' answers, which are made where they are not in the cache."""
    folder = MODELS / entry.name
    if not folder.exists():
        draft = folder.with_name(f"{folder.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        entry.write(draft)
        draft.rename(folder)
    return sorted({path.parent for path in folder.rglob("model.*")})


main()
