"""Measures Ostinato beside its peers. `Peers/run` calls this with everything built."""

import argparse
import sys
from pathlib import Path

import chart
import others
import report
import zoo
from measure import Yardstick

RESULTS = Path(__file__).resolve().parents[1]


def parse():
    def numbers(text):
        return [int(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(prog="Peers/run", description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--models", type=lambda text: text.split(","), metavar="NAME,…",
                        help=f"of {', '.join(entry.name for entry in zoo.ENTRIES)}; "
                             f"with --others of {', '.join(entry.name for entry in others.OTHERS)}")
    parser.add_argument("--others", action="store_true", help="other models than those of the table")
    parser.add_argument("--batches", type=numbers, default=[], metavar="N,…", help="only these of a model's batches")
    parser.add_argument("--threads", type=numbers, default=[1, 2], metavar="N,…")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one engine's turn in a round")
    parser.add_argument("--quick", action="store_true", help="two short rounds and no growth curves")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md and growth.svg, or OTHERS.md")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 2, 0.1
    return options


def measure(yardstick, entries, threads, cache):
    """The cases of some models, told as they come. Models whose file is not at hand are left out."""
    cases = []
    for entry in entries:
        source = zoo.prepare(entry, cache)
        if source is None:
            print(f"{entry.title}: the file is not at hand", flush=True)
            continue
        for case in yardstick.measure(entry, source, threads):
            cases.append(case)
            print(line(case), flush=True)
    return cases


def line(case):
    times = ", ".join(
        f"{name} {timing.refusal and 'cannot run' or report.duration(timing.median)}"
        + ("" if timing.refusal or timing.agrees else f" DISAGREES ({timing.error:.1e})")
        for name, timing in case.timings.items())
    return f"{case.entry.name} × {case.size}, {case.threads} threads: {times}; ratio {report.ratio(case.ratio)}"


def main():
    options = parse()
    yardstick, about = Yardstick(options, options.program), report.machine()
    entries = others.OTHERS if options.others else zoo.ENTRIES
    chosen = [entry for entry in entries if not options.models or entry.name in options.models]
    cases = [case for threads in options.threads for case in measure(yardstick, chosen, threads, options.cache)]
    growths = []
    if not (options.quick or options.models or options.others):
        each = [measure(yardstick, [entry], max(options.threads), options.cache) for entry in zoo.GROWTH]
        growths = [some for some in each if some]
    title, target = "Ostinato and its peers", "bench-peers"
    if options.others:
        title, target = f"{title}, other models", "bench-others"
    page = report.page(title, target, cases, growths, yardstick, about)
    if options.write:
        (RESULTS / ("OTHERS.md" if options.others else "RESULTS.md")).write_text(page)
        if growths:
            (RESULTS / "growth.svg").write_text(chart.svg(growths))
    else:
        print("\n" + page)
    timings = [timing for case in cases for timing in case.timings.values() if not timing.refusal]
    sys.exit(0 if all(timing.agrees for timing in timings) else "outputs disagree")


if __name__ == "__main__":
    main()
