"""Groups as rows: a bar for how many, and beside it a dot with its whiskers for each rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.mean import Estimate
from collector.query.plots.style import dress, figure, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

    from collector.query.plots.style import Theme
    from collector.query.rate import Rate

MOST_ROWS = 20
_MARKED = 5
"""Place in the palette: none of the panels of rates gets so far."""


@dataclass(frozen=True, slots=True)
class Rates:
    """A rate of each row, what it is called, the same of all rows together, q-values, and what was expected (0-1).

    `against` says in words what `expected` is. Means of money stand in `unit`, rates in %.
    """

    name: str
    rates: Sequence[Rate | Estimate]
    together: Rate | Estimate
    q_values: Sequence[float | None]
    expected: Sequence[float | None] = ()
    against: str = "what is expected"
    unit: str = "%"


def plot_rows(
    names: Sequence[str],
    counts: Sequence[int],
    unit: str,
    shown: Sequence[Rates],
    look: Theme,
    *,
    marked: Sequence[bool] = (),
    mark: str = "",
) -> Figure:
    """Bars of counts, then a panel for each of `shown`; at most 20 rows, the first on top.

    A filled dot differs from the rest (q of at most 0.05); the dashed line is all rows together. The bars of `marked`
    rows have another colour, which `mark` explains.
    """
    left = len(names) - MOST_ROWS
    names, counts = names[:MOST_ROWS], counts[:MOST_ROWS]
    canvas = figure(6.5 + 2.4 * len(shown), 1.7 + 0.32 * max(1, len(names)), look)
    first, *others = canvas.subplots(
        1, 1 + len(shown), sharey=True, squeeze=False, width_ratios=(1.5, *[1] * len(shown))
    )[0]
    dress(first, look)
    another = [place < len(marked) and marked[place] for place in range(len(names))]
    first.barh(range(len(names)), counts, 0.7, color=[look.palette[_MARKED if each else 0] for each in another])
    if any(another):
        first.barh([0], [0], 0.7, color=look.palette[_MARKED], label=mark)
        first.legend(loc="lower right", fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)
    for place, count in enumerate(counts):
        first.text(count, place, f" {count:,}", va="center", fontsize=8, color=look.ink)
    first.set_xlim(0, 1.25 * max([*counts, 1]))
    first.set_xlabel(unit)
    first.set_yticks(range(len(names)), [words(name, 34) for name in names])
    first.set_ylim(max(1, len(names)) - 0.4, -0.6)
    first.xaxis.set_major_locator(_few())
    for index, (axes, each) in enumerate(zip(others, shown, strict=True), 1):
        dress(axes, look)
        _dots(axes, each, look.palette[index % len(look.palette)], look)
    if left > 0:
        first.set_xlabel(f"{unit} (the first {MOST_ROWS}; {left:,} more in the rows)")
    if shown:
        against = next((each.against for each in shown if each.expected), None)
        filled = f"{against} (upright line)" if against else "the rest"
        text = f"dashed: all together · filled: differs from {filled} (q ≤ 0.05) · whiskers: 95 %"
        canvas.supxlabel(text, fontsize=8, color=look.ink)
    return canvas


def _dots(axes: Axes, shown: Rates, colour: str, look: Theme) -> None:
    together = _ends(shown.together)
    if together is not None:
        axes.axvline(together[0], color=look.ink, linestyle="--", linewidth=0.8, alpha=0.7)
    for place, (each, q) in enumerate(zip(shown.rates[:MOST_ROWS], shown.q_values, strict=False)):
        ends = _ends(each)
        if ends is None:
            continue
        if place < len(shown.expected) and (expected := shown.expected[place]) is not None:
            axes.plot([100 * expected], [place], "|", markersize=13, markeredgewidth=2, color=look.ink)
        middle, low, high = ends
        axes.errorbar(
            [middle],
            [place],
            xerr=[[middle - low], [high - middle]],
            fmt="o",
            markersize=5,
            color=colour,
            markerfacecolor=colour if q is not None and q <= 0.05 else look.canvas,
            capsize=2.5,
            linewidth=1.2,
        )
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(words(f"{shown.name}, {shown.unit}" if shown.unit else shown.name))
    axes.grid(axis="x", color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(_few())


def _ends(each: Rate | Estimate) -> tuple[float, float, float] | None:
    """The number and its interval as the axis has it; None where there is none."""
    if isinstance(each, Estimate):
        found, scale = (each.value, each.low, each.high), 1.0
    else:
        found, scale = (each.rate, each.low, each.high), 100.0
    value, low, high = found
    return None if value is None or low is None or high is None else (scale * value, scale * low, scale * high)


def _few() -> Locator:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - optional, slow to import

    return MaxNLocator(4)
