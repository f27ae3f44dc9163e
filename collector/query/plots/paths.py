"""Paths as a flow: a column for each step, a band for each way from station to station."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from collector.query.paths_sql import EXIT
from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.plots.style import Theme
    from collector.query.reports.paths import Paths

_MOST_STATIONS = 6
_OTHER = "(other)"
_GAP, _WIDTH = 0.025, 0.05
Node = tuple[int, str]
Flows = dict[tuple[Node, Node], int]


def plot(paths: Paths, *, dark: bool = False) -> Figure:
    """Stations by step, as high as their units are many, with the ways between them; rare ones are one station."""
    look = theme(dark=dark)
    backward = paths.walk.backward
    flows = _few(paths.flows(), backward=backward)
    heights = _heights(flows)
    columns = sorted({column for column, _ in heights})
    canvas = figure(max(7.5, 2.1 * len(columns)), 6, look)
    axes = canvas.subplots()
    dress(axes, look)
    total = max((sum(h for (c, _), h in heights.items() if c == column) for column in columns), default=1)
    places = _places(heights, columns, total)
    names = list(dict.fromkeys(name for _, name in sorted(heights, key=lambda node: -heights[node])))
    colours = {name: look.palette[index % len(look.palette)] for index, name in enumerate(names)}
    colours |= {_OTHER: look.faint, EXIT: look.faint}
    _bands(axes, flows, places, total, colours)
    for node, bottom in places.items():
        _station(axes, node, bottom=bottom, units=heights[node], total=total, colour=colours[node[1]], look=look)
    axes.set_xlim(min(columns, default=0) - 0.1, max(columns, default=0) + 0.75)
    axes.set_ylim(-0.02, 1.02 + _GAP * _MOST_STATIONS)
    steps = [f"{-column} before" if column else "end" for column in columns] if backward else list(map(str, columns))
    axes.set_xticks([column + _WIDTH / 2 for column in columns], steps)
    axes.set_xlabel("steps to the end" if backward else "step")
    axes.set_yticks([])
    title(canvas, f"Paths of {paths.meta.site}, {paths.about()[0]}", paths.meta, f"n = {paths.loops.n:,}", look)
    return canvas


def _few(flows: tuple[tuple[int, str, str, int], ...], *, backward: bool) -> Flows:
    """The flows with columns as numbers, the rare stations of each column together."""
    pairs = [
        (((-place, station), (1 - place, to)) if backward else ((place - 1, station), (place, to)), count)
        for place, station, to, count in flows
    ]
    sizes: Counter[Node] = Counter()
    for (left, right), count in pairs:
        sizes[right] += count
        if not any(other == left for (_, other), _ in pairs):
            sizes[left] += count
    kept: set[Node] = set()
    for column in {node[0] for node in sizes}:
        kept |= set(sorted((n for n in sizes if n[0] == column), key=lambda n: (-sizes[n], n))[:_MOST_STATIONS])
    merged: Flows = {}
    for (left, right), count in pairs:
        key = (left if left in kept else (left[0], _OTHER), right if right in kept else (right[0], _OTHER))
        merged[key] = merged.get(key, 0) + count
    return merged


def _heights(flows: Flows) -> dict[Node, int]:
    """Units at each station: all that came, or where nobody came from before all that went."""
    came: Counter[Node] = Counter()
    went: Counter[Node] = Counter()
    for (left, right), count in flows.items():
        went[left] += count
        came[right] += count
    return {node: max(came[node], went[node]) for node in {*came, *went}}


def _places(heights: dict[Node, int], columns: list[int], total: int) -> dict[Node, float]:
    """Where each station begins, from below; the largest on top, the others and the exit at the bottom."""
    places: dict[Node, float] = {}
    for column in columns:
        nodes = sorted(
            (node for node in heights if node[0] == column),
            key=lambda node: (node[1] not in (EXIT, _OTHER), heights[node], node[1]),
        )
        bottom = 1.0 + _GAP * _MOST_STATIONS
        for node in reversed(nodes):
            bottom -= heights[node] / total
            places[node] = bottom
            bottom -= _GAP
    return places


def _bands(axes: Axes, flows: Flows, places: dict[Node, float], total: int, colours: dict[str, str]) -> None:
    import numpy as np  # noqa: PLC0415 - comes with matplotlib

    out, into = dict(places), dict(places)
    curve = np.linspace(0, 1, 40)
    smooth = curve * curve * (3 - 2 * curve)
    for (left, right), count in sorted(flows.items(), key=lambda each: (places[each[0][0]], places[each[0][1]])):
        thick = count / total
        low = out[left] + (into[right] - out[left]) * smooth
        x = left[0] + _WIDTH + (right[0] - left[0] - _WIDTH) * curve
        axes.fill_between(x, low, low + thick, color=colours[left[1]], alpha=0.3, linewidth=0)
        out[left] += thick
        into[right] += thick


def _station(axes: Axes, node: Node, *, bottom: float, units: int, total: int, colour: str, look: Theme) -> None:
    height = units / total
    axes.bar(node[0], height, _WIDTH, bottom=bottom, color=colour, align="edge")
    if height >= 0.012:
        axes.text(
            node[0] + _WIDTH + 0.02,
            bottom + height / 2,
            f"{words(node[1], 22)}\n{units:,} · {100 * units / total:.0f} %" if height >= 0.05 else words(node[1], 22),
            va="center",
            fontsize=7,
            color=look.ink,
        )
