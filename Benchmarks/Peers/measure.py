"""Interleaved measurement: all engines hold the same model, and take turns while the others sleep."""

import statistics
import time
from dataclasses import dataclass, field

import numpy as np

import zoo
from engines import ENGINES, Process, Refused

TOLERANCE = 1e-3  # of the largest output
SETTLING = 0.05  # seconds after which pools that spin have gone to sleep
STARTS = 3  # how often an engine is started with a model


@dataclass
class Timing:
    """One engine's predictions of one batch."""

    seconds: list[float] = field(default_factory=list)
    error: float | None = None  # the largest difference from the reference, relative to its scale
    refusal: str | None = None

    @property
    def agrees(self):
        return self.error is not None and self.error <= TOLERANCE

    @property
    def counts(self):
        """Whether it has run to the end, and rightly."""
        return self.refusal is None and self.agrees

    @property
    def median(self):
        return statistics.median(self.seconds)

    @property
    def p99(self):
        return float(np.quantile(self.seconds, 0.99))


@dataclass
class Case:
    """One row: a model, a size of its inputs, a number of threads."""

    entry: zoo.Entry
    size: int
    threads: int
    timings: dict[str, Timing]
    idle_share: float = 0  # of a core, by the engines whose turn it was not

    @property
    def best_peer(self):
        peers = [name for name, timing in self.timings.items() if name != "Ostinato" and timing.counts]
        return min(peers, key=lambda name: self.timings[name].median, default=None)

    @property
    def ratio(self):
        """How many times faster than the best peer. None where either is missing."""
        ours = self.timings.get("Ostinato")
        if not (self.best_peer and ours and ours.counts):
            return None
        return self.timings[self.best_peer].median / ours.median


@dataclass
class Start:
    """From a file to the first answer."""

    seconds: float
    peak_bytes: int
    bytes_before: int  # what the process held before it read the file


class Yardstick:
    """Measures models; `options` are those of the command line."""

    def __init__(self, options, program):
        self.options = options
        self.program = program
        self.starts = {}  # (model, engine): Start

    def measure(self, entry, source, threads):
        """Yields a `Case` for each size."""
        if threads == max(self.options.threads) and not entry.growth:
            self.measure_starts(entry, source, threads)
        refusals, processes = {}, {}
        for engine in ENGINES:
            try:
                processes[engine.name], _ = self.open(engine, entry, source, threads)
            except (Refused, RuntimeError) as error:
                refusals[engine.name] = str(error)
        try:
            for size in self.sizes(entry):
                yield self.case(entry, size, threads, processes, refusals)
        finally:
            for process in processes.values():
                process.close()

    def sizes(self, entry):
        chosen = self.options.batches
        return [size for size in entry.batches if entry.growth or not chosen or size in chosen]

    def inputs(self, entry, size):
        """Files with the inputs, made once from a seed."""
        folder = self.options.cache / entry.name / "inputs"
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for index, array in enumerate(entry.inputs(np.random.default_rng(zoo.SEED), size)):
            paths.append(folder / f"{size}-{index}.npy")
            np.save(paths[-1], array)
        return paths

    # MARK: One engine

    def measure_starts(self, entry, source, threads):
        """Starts each engine some times in a row: in a virtual machine, who first touches memory that has been idle
        waits for the host to give it back, which says nothing about the engine."""
        for engine in ENGINES:
            starts = []
            try:
                for _ in range(STARTS):
                    process, start = self.open(engine, entry, source, threads)
                    process.close()
                    starts.append(start)
            except (Refused, RuntimeError):
                continue
            self.starts[entry.name, engine.name] = sorted(starts, key=lambda start: start.seconds)[STARTS // 2]

    def open(self, engine, entry, source, threads):
        """A process that has answered once, and what that took."""
        file, paths = engine.file(source), self.inputs(entry, self.sizes(entry)[0])
        process = Process(engine, self.program, threads)
        try:
            process.ask("inputs") if engine.runner is None else process.ask("run", 0, 0)
            process.ask("ready")
            before, start = process.memory_bytes("VmRSS"), time.perf_counter()
            process.ask("load", file, threads)
            process.ask("inputs", *paths)
            process.run(1, 0)
            seconds = time.perf_counter() - start
        except Refused:
            process.close()
            raise
        return process, Start(seconds, process.memory_bytes("VmHWM"), before)

    def warm(self, process, paths):
        process.ask("inputs", *paths)
        process.run(1, 0)
        process.run(1_000_000, min(0.2, self.options.seconds))

    # MARK: One case

    def case(self, entry, size, threads, processes, refusals):
        paths = self.inputs(entry, size)
        case = Case(entry, size, threads, {name: Timing(refusal=reason) for name, reason in refusals.items()})
        ready, outputs = {}, {}
        for name, process in processes.items():
            timing = case.timings[name] = Timing()
            try:
                self.warm(process, paths)
                outputs[name] = self.outputs(process, paths[0].parent)
                ready[name] = process
            except Refused as error:
                timing.refusal = str(error)
        self.compare(case, outputs)
        self.take_turns(case, ready)
        return case

    def take_turns(self, case, processes):
        """Rounds in which every engine predicts for the same time, each round in another order."""
        names = list(processes)
        idle, elapsed = 0.0, 0.0
        for turn in range(self.options.rounds):
            for name in names[turn % len(names):] + names[: turn % len(names)]:
                timing = case.timings[name]
                if timing.refusal:
                    continue
                time.sleep(SETTLING)
                others = [process for other, process in processes.items()
                          if other != name and not case.timings[other].refusal]
                before, start = busy(others), time.perf_counter()
                try:
                    # The first predictions of a turn find cold caches and threads asleep.
                    processes[name].run(3, self.options.seconds / 10)
                    timing.seconds += processes[name].run(20_000, self.options.seconds)
                except Refused as error:
                    timing.refusal = str(error)
                idle, elapsed = idle + busy(others) - before, elapsed + time.perf_counter() - start
        case.idle_share = idle / elapsed if elapsed else 0

    @staticmethod
    def outputs(process, folder):
        prefix = folder / "output"
        count = int(process.ask("outputs", prefix)[0])
        return [np.load(f"{prefix}{index}.npy") for index in range(count)]

    @staticmethod
    def compare(case, outputs):
        """Sets every engine's error against TensorFlow, which Keras itself runs on."""
        reference = outputs.get("TensorFlow") or next(iter(outputs.values()), None)
        for name, arrays in outputs.items():
            case.timings[name].error = worst_error(arrays, reference)


def busy(processes):
    return sum(process.processor_seconds() for process in processes)


def worst_error(arrays, reference):
    if [array.shape for array in arrays] != [array.shape for array in reference]:
        return float("inf")
    errors = [float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)) for a, b in zip(arrays, reference)]
    return max(error if np.isfinite(error) else float("inf") for error in errors)
