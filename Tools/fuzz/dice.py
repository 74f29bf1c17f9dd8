"""Draws what the steps of a graph are made with."""

import numpy as np


class Dice:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def pick(self, choices):
        choices = list(choices)
        return choices[self.rng.integers(len(choices))]

    def some(self, choices, least=1):
        """Some of `choices`, in order."""
        choices = list(choices)
        count = self.count(least, len(choices))
        return [choices[index] for index in sorted(self.rng.choice(len(choices), count, replace=False))]

    def shuffled(self, items):
        items = list(items)
        return [items[index] for index in self.rng.permutation(len(items))]

    def count(self, low, high):
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def counts(self, number, low, high):
        return tuple(self.count(low, high) for _ in range(number))

    def number(self, low=-2.0, high=2.0):
        return round(float(self.rng.uniform(low, high)), 2)

    def flag(self, chance=0.5):
        return bool(self.rng.random() < chance)
