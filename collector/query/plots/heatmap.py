"""Heatmaps over an image of the page, over its skeleton, or over a plain canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.query.errors import unknown
from collector.query.plots.style import Theme, dress, figure, image, page_inches, theme, title, words

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.reports.elements import ElementMap, ElementRow
    from collector.query.reports.heatmap import CellRow, Heatmap

# Even steps of lightness, and told apart with every colour vision: https://bids.github.io/colormap/
_MAP = "plasma"
_CELL_PX = 16
_SPREAD_PX = 12
_LEAST_PX = 600
_NAMED = 10


def plot_cells(heat: Heatmap, group: str | None, background: str | Path | bytes | Any, *, dark: bool = False) -> Figure:
    """The page's clicks as a smooth map, those on fixed elements beside it where there are some."""
    chosen = _group(heat.clicks, group)
    rows = [row for row in heat.rows if row.group == chosen]
    page, fixed = ([row for row in rows if row.layer == layer] for layer in ("page", "viewport"))
    look = theme(dark=dark)
    picture = image(background, dark=dark) if background is not None else None
    width, height = _size(picture, max((row.y_px for row in page), default=0) + 4 * _CELL_PX)
    canvas = figure(*_inches(width, height, beside=bool(fixed)), look)
    axes = list(canvas.subplots(1, 2, width_ratios=(3, 2)) if fixed else [canvas.subplots()])
    shown = _layer(axes[0], page, picture, (width, height), look)
    axes[0].set_title("page", fontsize=9, color=look.ink)
    if picture is None:
        _outlines(axes[0], [row for row in heat.boxes() if row.group == chosen and not row.fixed], look)
    if fixed:
        _layer(axes[1], fixed, None, (width, max(row.y_px for row in fixed) + 4 * _CELL_PX), look, norm=shown.norm)
        axes[1].set_title("fixed and sticky elements (viewport)", fontsize=9, color=look.ink)
    _legend(canvas, shown, axes, "clicks per cell (1 % × 16 px), smoothed", look)
    clicks, views = heat.clicks.get(chosen, 0), heat.page_views.get(chosen, 0)
    named = f"Clicks on {heat.path}{f', {chosen}' if chosen else ''}"
    title(canvas, named, heat.meta, f"n = {clicks:,} clicks, {views:,} page views", look)
    return canvas


def plot_elements(
    elements: ElementMap, group: str | None, background: str | Path | bytes | Any, *, dark: bool = False
) -> Figure:
    """The boxes of the elements of the page, coloured by clicks; the ten most clicked ones carry their names."""
    totals: dict[str, int] = {}
    for row in elements.rows:
        totals[row.group] = totals.get(row.group, 0) + row.clicks
    chosen = _group(totals, group)
    rows = [row for row in elements.rows if row.group == chosen and row.width > 0 and row.height > 0]
    look = theme(dark=dark)
    picture = image(background, dark=dark) if background is not None else None
    width, height = _size(picture, max((row.y + row.height for row in rows), default=0) + 4 * _CELL_PX)
    canvas = figure(*_inches(width, height, beside=False), look)
    axes = canvas.subplots()
    _ground(axes, picture, (width, height), look)
    shown = _boxes(axes, rows, look)
    _legend(canvas, shown, [axes], "clicks per element", look)
    named = f"Elements of {elements.path}{f', {chosen}' if chosen else ''}"
    title(
        canvas,
        named,
        elements.meta,
        f"n = {totals.get(chosen, 0):,} clicks, {elements.page_views.get(chosen, 0):,} page views",
        look,
    )
    return canvas


def _group(totals: dict[str, int], group: str | None) -> str:
    if group is None:
        return max(totals, key=lambda name: totals[name], default="")
    if group not in totals:
        raise unknown("group", group, totals)
    return group


def _size(picture: Any, lowest: int) -> tuple[int, int]:
    """Width and height of the page in px: those of the picture, else a usual width and the lowest click."""
    if picture is not None:
        return int(picture.size[0]), int(picture.size[1])
    return 1000, max(_LEAST_PX, lowest)


def _inches(width: int, height: int, *, beside: bool) -> tuple[float, float]:
    wide, tall = page_inches(width, height)
    return wide * (1.7 if beside else 1.0) + 2.2, tall + 1.2


def _layer(
    axes: Axes, rows: list[CellRow], picture: Any, size: tuple[int, int], look: Theme, *, norm: Any = None
) -> Any:
    import numpy as np  # noqa: PLC0415 - comes with matplotlib
    from matplotlib.colors import PowerNorm  # noqa: PLC0415
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415 - slow to import

    _ground(axes, picture, size, look)
    grid = np.zeros((size[1] // _CELL_PX + 1, 100))
    for row in rows:
        if row.y_px < size[1]:
            grid[row.y_px // _CELL_PX, row.x_pct] += row.clicks
    # The peak keeps its height, so that the legend still counts clicks.
    smooth = gaussian_filter(grid, (_SPREAD_PX / _CELL_PX, 100 * _SPREAD_PX / size[0]))
    smooth *= grid.max() / smooth.max() if smooth.max() > 0 else 1
    norm = norm or PowerNorm(0.5, 0, max(1.0, float(grid.max())))
    strength = np.clip(norm(smooth), 0, 1)
    return axes.imshow(
        smooth,
        cmap=_MAP,
        norm=norm,
        alpha=np.where(strength > 0.05, 0.4 + 0.55 * strength, 8 * strength),
        extent=(0, 100, grid.shape[0] * _CELL_PX, 0),
        aspect="auto",
        interpolation="bilinear",
        zorder=2,
    )


def _ground(axes: Axes, picture: Any, size: tuple[int, int], look: Theme) -> None:
    dress(axes, look)
    if picture is not None:
        axes.imshow(picture, extent=(0, 100, size[1], 0), aspect="auto", zorder=1)
    axes.set_xlim(0, 100)
    axes.set_ylim(size[1], 0)
    axes.set_xticks(range(0, 101, 25), [f"{percent} %" for percent in range(0, 101, 25)])
    axes.set_xlabel("of the width")
    axes.set_ylabel("px from the top")
    axes.set_box_aspect(size[1] / size[0])
    axes.set_anchor("N")


def _boxes(axes: Axes, rows: list[ElementRow], look: Theme) -> Any:
    import numpy as np  # noqa: PLC0415 - comes with matplotlib
    from matplotlib.cm import ScalarMappable  # noqa: PLC0415
    from matplotlib.colors import PowerNorm  # noqa: PLC0415
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    shown = ScalarMappable(PowerNorm(0.5, 0, max([1, *(row.clicks for row in rows)])), _MAP)
    placed: list[tuple[float, float, float]] = []
    for index, row in enumerate(sorted(rows, key=lambda row: -row.clicks)):
        wide = max(1, row.page_width)
        x, width = 100 * row.x / wide, 100 * row.width / wide
        axes.add_patch(
            Rectangle(
                (x, row.y),
                width,
                row.height,
                facecolor=shown.to_rgba(np.array([row.clicks]))[0],
                alpha=0.75,
                edgecolor=look.ink,
                linewidth=0.8,
                linestyle="--" if row.fixed else "-",
                zorder=2,
            )
        )
        if index < _NAMED:
            said = f"{words(row.name or row.role or row.key, 26)} · {row.clicks:,}"
            below = _is_free(placed, x if x < 15 else x + width / 2 - len(said) / 2, row.y + row.height, said, wide)
            axes.annotate(
                said,
                (x if x < 15 else x + width / 2, row.y + row.height if below else row.y),
                xytext=(0, -3 if below else 3),
                textcoords="offset points",
                va="top" if below else "bottom",
                ha="left" if x < 15 else "center",
                fontsize=7,
                color=look.ink,
                zorder=3,
                bbox={"facecolor": look.ground, "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
            )
    return shown


def _is_free(placed: list[tuple[float, float, float]], left: float, y: float, text: str, wide: int) -> bool:
    """Whether a name meets none of those that are there, roughly: a letter takes a hundredth of the page's width."""
    right, tall = left + len(text), 0.03 * wide
    met = any(one < right and left < two and abs(y - at) < tall for one, two, at in placed)
    if not met:
        placed.append((left, right, y))
    return not met


def _outlines(axes: Axes, rows: list[ElementRow], look: Theme) -> None:
    """Boxes and names of the elements, so that a map without a picture still says what was clicked."""
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - optional, slow to import

    for index, row in enumerate(row for row in rows if row.width > 0 and row.height > 0):
        wide = max(1, row.page_width)
        x, width = 100 * row.x / wide, 100 * row.width / wide
        axes.add_patch(
            Rectangle((x, row.y), width, row.height, fill=False, edgecolor=look.ink, linewidth=0.7, zorder=3)
        )
        if index < _NAMED:
            axes.annotate(
                words(row.name or row.role, 26),
                (x, row.y),
                xytext=(0, 2),
                textcoords="offset points",
                fontsize=7,
                color=look.ink,
                zorder=4,
            )


def _legend(canvas: Figure, shown: Any, axes: list[Axes], label: str, look: Theme) -> None:
    bar = canvas.colorbar(shown, ax=axes, shrink=0.8, pad=0.02)
    bar.set_label(label, color=look.ink, fontsize=8)
    bar.ax.tick_params(colors=look.ink, labelsize=8)
