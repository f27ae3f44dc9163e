"""How figures look: one light and one dark theme, colours that colour-blind people can tell apart."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.query.render import printable
from collector.query.result import Meta, needs_analysis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), the colours that stand out on each ground first.
_ON_LIGHT = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_ON_DARK = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00")

_PAGE_INCHES = 5.6


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of ground, text, lines and empty canvas, and of groups."""

    ground: str
    ink: str
    faint: str
    canvas: str
    palette: tuple[str, ...]


def theme(*, dark: bool) -> Theme:
    """The dark theme or the light one."""
    if dark:
        return Theme("#16181d", "#e8e8e8", "#4a4f5a", "#23262e", _ON_DARK)
    return Theme("#ffffff", "#1c1c1c", "#c4c8d0", "#f4f5f7", _ON_LIGHT)


def figure(width: float, height: float, look: Theme) -> Figure:
    """An empty figure in inches, which no window shows and no global state remembers.

    Raises:
        QueryError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional, slow to import
    except ImportError:
        raise needs_analysis("matplotlib") from None
    return Figure(figsize=(width, height), facecolor=look.ground, layout="constrained", dpi=110)


def page_inches(width: int, height: int) -> tuple[float, float]:
    """Width and height in inches in which a page of so many px is drawn."""
    tall = min(14.0, max(4.0, _PAGE_INCHES * height / width))
    return min(_PAGE_INCHES, tall * width / height), tall


def dress(axes: Axes, look: Theme) -> None:
    """Give axes the theme's colours."""
    axes.set_facecolor(look.canvas)
    axes.tick_params(colors=look.ink, labelsize=8)
    for label in (axes.xaxis.label, axes.yaxis.label, axes.title):
        label.set_color(look.ink)
    for spine in axes.spines.values():
        spine.set_color(look.faint)


def words(text: str, longest: int = 60) -> str:
    """Text that a page may have chosen, for a figure: no controls, no formulas, not endless."""
    shown = printable(text).replace("$", r"\$")
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def title(figure: Figure, first: str, meta: Meta, second: str, look: Theme) -> None:
    """Two lines above the figure: what, and of when and how many."""
    figure.suptitle(f"{words(first)}\n{meta.period} ({meta.zone}) · {second}", color=look.ink, fontsize=10, ha="center")


def image(background: str | Path | bytes | Any, *, dark: bool = False) -> Any:
    """The background as something `imshow` takes, with `.size` in px: a path, the bytes of a file, a PIL image, or the
    answer of `Site.skeleton`.

    Raises:
        QueryError: Pillow, which comes with matplotlib, is not installed.
    """
    try:
        from PIL import Image  # noqa: PLC0415 - optional
    except ImportError:
        raise needs_analysis("Pillow") from None
    if isinstance(background, str | Path):
        with Image.open(background) as opened:
            return opened.convert("RGB")
    if isinstance(background, bytes):
        with Image.open(io.BytesIO(background)) as opened:
            return opened.convert("RGB")
    draw = getattr(background, "picture", None)
    return draw(dark=dark) if draw else background.convert("RGB")
