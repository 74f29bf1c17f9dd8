"""Where packages, models and Keras' answers are kept: never in the repository."""

import os
from pathlib import Path

CACHE = Path(os.environ.get("OSTINATO_ZOO", Path.home() / ".cache" / "ostinato" / "zoo"))
PACKAGES, MODELS = CACHE / "packages", CACHE / "models"
