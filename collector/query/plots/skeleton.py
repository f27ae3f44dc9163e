"""The page as its skeleton says: a picture in CSS px, to look at or to lie under clicks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from collector.query.plots.style import dress, figure, page_inches, theme, title
from collector.query.render import printable
from collector.query.result import needs_analysis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from collector.query.reports.skeleton import BoxRow, Skeleton

# Pale, so that what lies on it stands out.
_LIGHT: Final = {
    "paper": "#fcfbf8", "panel": "#f3f1ea", "edge": "#d5d0c2", "text": "#dedad0", "image": "#e9e5da", "ink": "#2b322f",
    "link": "#2c6f63", "field": "#ffffff", "button": "#d9e8e2",
}  # fmt: skip
_DARK: Final = {
    "paper": "#171b1a", "panel": "#1e2423", "edge": "#36403d", "text": "#323b39", "image": "#262e2c", "ink": "#d3dad7",
    "link": "#6fb5a6", "field": "#111514", "button": "#21423b",
}  # fmt: skip
_PANELS: Final = frozenset(
    {"banner", "navigation", "main", "complementary", "contentinfo", "form", "region", "dialog", "search", "frame"}
)
_FIELDS: Final = frozenset(
    {"textbox", "searchbox", "combobox", "spinbutton", "listbox", "slider", "checkbox", "radio", "switch"}
)
_BUTTONS: Final = frozenset({"button", "tab", "menuitem", "option"})
_LINE_PX: Final = 22
_LETTER_PX: Final = (9, 40)
_MOST_PX: Final = 12_000


def plot(skeleton: Skeleton, *, dark: bool = False) -> Figure:
    """The page alone, with a scale in px."""
    look = theme(dark=dark)
    drawn = picture(skeleton, dark=dark)
    width, height = drawn.size
    wide, tall = page_inches(width, height)
    canvas = figure(wide + 1.4, tall + 1.2, look)
    axes = canvas.subplots()
    dress(axes, look)
    axes.imshow(drawn, extent=(0, width, height, 0), aspect="equal")
    axes.set_xlabel("CSS px")
    axes.set_ylabel("px from the top")
    axes.set_anchor("N")
    seen = f"seen last {skeleton.seen:%Y-%m-%d %H:%M}" if skeleton.seen else "nobody has sent a skeleton yet"
    title(canvas, " · ".join(skeleton.about()), skeleton.meta, seen, look)
    return canvas


def picture(skeleton: Skeleton, *, dark: bool = False) -> Any:
    """A PIL image of the page, a px a CSS px; at most 12,000 px high. Without a skeleton an empty page.

    Raises:
        QueryError: Pillow, which comes with matplotlib, is not installed.
    """
    try:
        from PIL import Image, ImageDraw  # noqa: PLC0415 - optional
    except ImportError:
        raise needs_analysis("Pillow") from None
    ink = _DARK if dark else _LIGHT
    size = skeleton.page_width or 1000, min(skeleton.page_height or 600, _MOST_PX)
    drawn = Image.new("RGB", size, ink["paper"])
    pen = ImageDraw.Draw(drawn)
    for row in sorted(skeleton.rows, key=_rank):
        if row.width >= 1 and row.height >= 1:
            _box(pen, row, ink)
    return drawn


def _rank(row: BoxRow) -> tuple[int, int]:
    """Panels lie below what stands on them, large ones below small ones."""
    if row.role in _PANELS:
        return 0, -row.width * row.height
    return (1, 0) if row.role in ("image", "video") else (2, 0)


def _box(pen: Any, row: BoxRow, ink: Mapping[str, str]) -> None:
    place = (row.x, row.y, row.x + row.width - 1, row.y + row.height - 1)
    if row.role == "main":
        pen.rectangle(place, outline=ink["edge"])
    elif row.role in _PANELS:
        pen.rounded_rectangle(place, 4, fill=ink["panel"], outline=ink["edge"])
    elif row.role in ("image", "video"):
        pen.rectangle(place, fill=ink["image"], outline=ink["edge"])
        pen.line((place[0], place[3], place[2], place[1]), fill=ink["edge"])
    elif row.role == "text":
        _lines(pen, row, ink["text"])
    elif row.role == "heading":
        _name(pen, row, ink["ink"], min(row.height * 0.72, 40 - 4 * (row.level or 2)), bold=True)
    else:
        _control(pen, row, place, ink)


def _control(pen: Any, row: BoxRow, place: tuple[int, int, int, int], ink: Mapping[str, str]) -> None:
    if row.role in _FIELDS:
        pen.rounded_rectangle(place, 3, fill=ink["field"], outline=ink["edge"])
    elif row.role in _BUTTONS:
        pen.rounded_rectangle(place, 5, fill=ink["button"])
    elif not row.name:
        pen.rectangle(place, outline=ink["edge"])
    is_button, is_field = row.role in _BUTTONS, row.role in _FIELDS
    colour = ink["link"] if not is_field and not is_button else ink["ink"]
    if row.role not in ("checkbox", "radio", "switch"):
        _name(pen, row, colour, min(14.0, row.height * 0.6), inset=8 if is_field else 0, centred=is_button)


def _lines(pen: Any, row: BoxRow, colour: str) -> None:
    """A text as bars, the last one shorter."""
    count = max(1, round(row.height / _LINE_PX))
    step = row.height / count
    for line in range(count):
        wide = row.width * (0.6 if count > 1 and line == count - 1 else 1)
        top = row.y + (line + 0.25) * step
        pen.rectangle((row.x, top, row.x + wide, top + step / 2), fill=colour)


def _name(
    pen: Any, row: BoxRow, colour: str, size: float, *, bold: bool = False, inset: int = 0, centred: bool = False
) -> None:
    """The name in one line of its box, cut with an ellipsis."""
    text = printable(row.name)
    if not text:
        return
    font = _font(round(min(max(size, _LETTER_PX[0]), _LETTER_PX[1])), bold=bold)
    room = row.width - 2 * inset + 1
    while len(text) > 1 and pen.textlength(text, font=font) > room:
        text = f"{text[:-2]}…"
    left = row.x + inset + (max(0.0, room - pen.textlength(text, font=font)) / 2 if centred else 0)
    pen.text((left, row.y + row.height / 2), text, fill=colour, font=font, anchor="lm")


def _font(size: int, *, bold: bool) -> Any:
    """The letters of all pictures: they come with matplotlib."""
    from matplotlib import get_data_path  # noqa: PLC0415 - optional, slow to import
    from PIL import ImageFont  # noqa: PLC0415

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / name), size)
