"""The measurements as Markdown."""

import math
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

from engines import ENGINES, PEERS


def duration(seconds):
    for unit, scale in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            break
    return f"{seconds / scale:.3g} {unit}" if seconds < 1000 * scale else f"{seconds / scale:.0f} {unit}"


def megabytes(count):
    return f"{count / 1e6:.0f} MB"


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def ratio(value):
    return f"**{value:.2f}×**" if value else "–"


# MARK: Tables


def cell(timing):
    if timing.refusal:
        return "cannot run"
    text = f"{duration(timing.median)} (p99 {duration(timing.p99)})"
    return text if timing.agrees else f"{text} **disagrees: {timing.error:.1e}**"


def speed(cases):
    rows = [
        [case.entry.title, case.size, *(cell(case.timings[engine.name]) for engine in ENGINES),
         case.best_peer or "–", ratio(case.ratio)]
        for case in cases
    ]
    return table(["model", "batch", *(engine.name for engine in ENGINES), "best peer", "ratio"], rows)


def summary(cases):
    ratios = [case.ratio for case in cases if case.ratio]
    errors = [timing.error for case in cases for timing in case.timings.values() if timing.error is not None]
    if not ratios:
        return f"Ostinato ran none of the {len(cases)} rows."
    return (
        f"Geometric mean of the ratios: **{geometric_mean(ratios):.2f}×** over {len(ratios)} of {len(cases)} rows, "
        f"the least {min(ratios):.2f}×. Worst difference between outputs: {max(errors):.1e} of their scale. "
        f"Engines whose turn it was not used at most {max(case.idle_share for case in cases):.1%} of a core.")


def refusals(cases):
    seen = {
        (case.entry.title, name): timing.refusal.replace("|", "\\|")
        for case in cases for name, timing in case.timings.items() if timing.refusal
    }
    return table(["model", "engine", "reason"], [[*key, reason] for key, reason in seen.items()]) if seen else ""


def starts(cases, measured):
    rows = []
    for entry in dict.fromkeys(case.entry for case in cases):
        found = [measured.get((entry.name, engine.name)) for engine in ENGINES]
        rows.append([entry.title, *(
            f"{duration(start.seconds)}, {megabytes(start.peak_bytes)} ({megabytes(start.bytes_before)})"
            if start else "–" for start in found)])
    return table(["model", *(engine.name for engine in ENGINES)], rows)


def disk(program):
    return table(
        ["engine", "on disk"], [[engine.name, megabytes(engine.disk_bytes(program))] for engine in ENGINES])


def growth(cases):
    rows = [
        [case.size, *(cell(case.timings[engine.name]) for engine in ENGINES), case.best_peer or "–", ratio(case.ratio)]
        for case in cases
    ]
    return table([cases[0].entry.growth, *(engine.name for engine in ENGINES), "best peer", "ratio"], rows)


# MARK: The page


def machine():
    processor = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine())
    cores = sum(line.startswith("processor") for line in Path("/proc/cpuinfo").read_text().splitlines())
    load = Path("/proc/loadavg").read_text().split()[0]
    return f"{processor}, {cores} processors, {platform.system()} {platform.release()}; load before the run {load}"


def versions():
    return ", ".join(f"{engine.name} {version(engine.distribution)}" for engine in PEERS) + f", Keras {version('keras')}"


def by_threads(cases):
    return {threads: [case for case in cases if case.threads == threads]
            for threads in dict.fromkeys(case.threads for case in cases)}


def page(title, target, cases, growths, yardstick, about):
    parts = [
        f"# {title}",
        f"{date.today()}. {about}\n\nPeers: {versions()}.\n\n"
        f"Repeat with `make {target}`; what is measured and how: [Peers/README.md](Peers/README.md). A time is the "
        "median of one prediction in float32; a ratio above 1 means that Ostinato is faster than the best peer.",
    ]
    for threads, some in by_threads(cases).items():
        parts += [f"## {threads} thread{'s' * (threads > 1)}", summary(some), speed(some)]
    if refusals(cases):
        parts += ["## What cannot run", refusals(cases)]
    parts += [
        "## From the file to the first answer",
        "Time to load, compile and predict once at the first batch, the median of three starts in a row; the most "
        "memory that the process held, and in parentheses what it held before it read the file.",
        starts(cases, yardstick.starts),
        "## On disk", "A peer's package, or `ostinato-peer` with the libraries that it names.",
        disk(yardstick.program),
    ]
    if growths:
        parts += ["## Growth", "![Time against size](growth.svg)"]
    for some in growths:
        parts += [f"{some[0].entry.title}, {some[0].threads} threads:", growth(some)]
    return "\n\n".join(parts) + "\n"
