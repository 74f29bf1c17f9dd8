"""Growth curves as SVG: time against size, both axes logarithmic, one panel for each model."""

import math

from report import duration

WIDTH, HEIGHT = 460, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 36, 44
COLORS = {"Ostinato": "#d1495b", "best peer": "#30638e"}
STYLE = "text{font:12px sans-serif;fill:#333}.title{font-weight:bold}.grid{stroke:#ddd}.curve{fill:none;stroke-width:2}"


def curves(cases):
    """The points (size, seconds) of Ostinato and of whichever peer is best at each size."""
    points = {"Ostinato": [], "best peer": []}
    for case in cases:
        ours = case.timings.get("Ostinato")
        if ours and ours.agrees:
            points["Ostinato"].append((case.size, ours.median))
        if case.best_peer:
            points["best peer"].append((case.size, case.timings[case.best_peer].median))
    return points


def panel(cases, left):
    points = curves(cases)
    every = [point for curve in points.values() for point in curve]
    if not every:
        return []
    sizes = [case.size for case in cases]
    low, high = (bound(math.log10(pick(seconds for _, seconds in every)))
                 for pick, bound in ((min, math.floor), (max, math.ceil)))

    def x(size):
        share = math.log(size / sizes[0]) / (math.log(sizes[-1] / sizes[0]) or 1)
        return left + LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(seconds):
        share = (math.log10(seconds) - low) / max(high - low, 1)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [text(left + LEFT, 20, cases[0].entry.title, "start", "title")]
    for exponent in range(low, high + 1):
        level = y(10**exponent)
        parts.append(f'<path class="grid" d="M{left + LEFT} {level:.1f}H{left + WIDTH - RIGHT}"/>')
        parts.append(text(left + LEFT - 6, level + 4, duration(10**exponent), "end"))
    parts += [text(x(size), HEIGHT - BOTTOM + 18, size, "middle") for size in sizes]
    parts.append(text(left + WIDTH / 2, HEIGHT - 8, cases[0].entry.growth, "middle"))
    for row, (name, curve) in enumerate(points.items()):
        path = " ".join(f"{x(size):.1f},{y(seconds):.1f}" for size, seconds in curve)
        parts.append(f'<polyline class="curve" stroke="{COLORS[name]}" points="{path}"/>')
        parts.append(f'<path stroke="{COLORS[name]}" stroke-width="3" d="M{left + LEFT + 8} {TOP + 14 + 18 * row}h18"/>')
        parts.append(text(left + LEFT + 32, TOP + 18 + 18 * row, name, "start"))
    return parts


def text(x, y, content, anchor, style=""):
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{content}</text>'


def svg(growths):
    parts = [part for index, cases in enumerate(growths) for part in panel(cases, index * WIDTH)]
    width = WIDTH * max(len(growths), 1)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}">',
        f"<style>{STYLE}</style>", '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>\n"])
