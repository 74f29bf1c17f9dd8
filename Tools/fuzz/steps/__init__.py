"""What can be put after a tensor, by family. Importing them all declares them."""

from . import core, images, merges, nesting, operations, sequences  # noqa: F401
