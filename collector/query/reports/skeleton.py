"""What a page looks like: where its headings, controls and pictures stand."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from collector.query.columns import ENUMS, column
from collector.query.definitions import define
from collector.query.errors import unknown
from collector.query.page_views import page_views, rolls_up
from collector.query.period import instant
from collector.query.question import begin
from collector.query.result import Result
from collector.query.sql import Binder, matches

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.figure import Figure

    from collector.query.period import Period, Range
    from collector.query.question import Place, Question

MOST_LAYOUTS = 10_000
SKELETON = define(
    "skeleton",
    1,
    "CSS px",
    "the layout version of a page that was seen last in the period on the device; without a device on the one with "
    "most page views, of those on which the page was seen; where none was seen last in the period, the first one "
    "after it, else the last one before it. The same structure at the same width class of the viewport is one version",
    "at most 400 boxes; a version is forgotten 180 days after it was seen last, unless the retention says otherwise",
    "own",
)


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A box of the page in CSS px of the document: an ARIA role of a landmark or control, heading, image, video,
    frame or text; `level` is 1 to 6 of headings, else 0; `name` is empty but for headings and controls.
    """

    role: str = field(metadata={"key": True})
    level: int
    x: int
    y: int
    width: int
    height: int
    name: str = field(metadata={"sparse": True})


@dataclass(frozen=True, repr=False, kw_only=True)
class Skeleton(Result[BoxRow]):
    """Answer of `Site.skeleton`; boxes in the order in which the script found them.

    Without a skeleton there are no rows, `layout` is empty, `page_width` and `page_height` are 0 and `seen` is None.
    `seen` is when the layout was seen last, `versions` how many layouts were seen last in the period on this device.
    """

    path: str
    device: str
    layout: str
    page_width: int
    page_height: int
    seen: datetime | None
    versions: int
    row_type: ClassVar[type] = BoxRow

    def about(self) -> list[str]:
        size = [f"{self.page_width} x {self.page_height} px"] if self.layout else []
        return [self.path, *([self.device] if self.device else []), *size]

    def picture(self, *, dark: bool = False) -> Any:
        """The page as a PIL image, a px a CSS px, at most 12,000 high; without a skeleton an empty page.

        Raises:
            QueryError: Pillow, which comes with matplotlib, is not installed.
        """
        from collector.query.plots.skeleton import picture  # noqa: PLC0415 - optional

        return picture(self, dark=dark)

    def plot(self, *, dark: bool = False) -> Figure:
        """The page alone; as the `background` of a heatmap it lies under the clicks.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.skeleton import plot  # noqa: PLC0415 - matplotlib is optional

        return plot(self, dark=dark)


class _Layout(NamedTuple):
    device: str
    path: str
    layout: str
    seen_ms: int


def ask(place: Place, path: str, period: Period | str, device: str | None = None, *, bots: bool = False) -> Skeleton:
    """What a page looked like, as boxes (definition `skeleton`): the ground for a map of clicks, or for a replay.

    Args:
        path: path of the page; `*` stands for any characters, and the page that was seen last is shown.
        device: desktop, mobile, tablet ...; by default the one with most page views.
    """
    if device is not None and device not in ENUMS["device"]:
        raise unknown("device", device, ENUMS["device"])
    question = begin(place, "skeleton", period, bots=bots)
    question.catalog.require("page", path)
    known, asked = _known(question, path, device), device
    if device is None:
        device = _most_viewed(question, path, known)
    here = [each for each in known if each.device == device]
    chosen = _chosen(here, question.range)
    ((width, height, boxes),) = _boxes(question, chosen) or [(0, 0, [])]
    return Skeleton(
        tuple(BoxRow(*box) for box in boxes),
        question.meta(SKELETON, notes=tuple(_notes(question, path, known, chosen, asked))),
        tuple(question.asker.statements),
        place.store,
        path=chosen.path or path,
        device=device,
        layout=chosen.layout,
        page_width=width,
        page_height=height,
        seen=instant(chosen.seen_ms, place.zone) if chosen.layout else None,
        versions=sum(_is_within(each, question.range) for each in here),
    )


def _known(question: Question, path: str, device: str | None) -> list[_Layout]:
    """The layouts of the page, the latest sighting first."""
    binder = Binder()
    on = f" AND skeletons.device = {binder.text(device)}" if device else ""
    found = question.asker.rows(
        f"""
SELECT toString(skeletons.device) AS on_device, toString(skeletons.path) AS page, skeletons.layout AS version,
    toUnixTimestamp64Milli(max(skeletons.ts)) AS seen
FROM skeletons
WHERE {_of_site(question, binder)} AND {matches("skeletons.path", path, binder)}{on}
GROUP BY on_device, page, version
ORDER BY seen DESC, page, version LIMIT {MOST_LAYOUTS}""",
        binder,
    )
    return [_Layout(*row) for row in found]


def _of_site(question: Question, binder: Binder) -> str:
    people = "" if question.bots else " AND skeletons.bot_class = ''"
    return f"skeletons.site_id = {binder.integer(question.place.site_id)}{people}"


def _most_viewed(question: Question, path: str, known: list[_Layout]) -> str:
    """The device with most page views of those on which the page was seen; of all, where it was seen on none."""
    views = page_views(question, path, column("device"), rolled_up=rolls_up(question, {"device"}))
    seen = list(dict.fromkeys(each.device for each in known)) or list(views)
    return max(seen, key=lambda device: views.get(device, 0), default="")


def _is_within(layout: _Layout, period: Range) -> bool:
    return period.start_ms <= layout.seen_ms < period.end_ms


def _chosen(layouts: list[_Layout], period: Range) -> _Layout:
    """The one of the period; `layouts` have the latest first."""
    within = [each for each in layouts if _is_within(each, period)]
    later = [each for each in layouts if each.seen_ms >= period.end_ms]
    return next(iter([*within, *reversed(later), *layouts]), _Layout("", "", "", 0))


def _boxes(question: Question, layout: _Layout) -> list[tuple[Any, ...]]:
    """Width and height of the document, and its boxes, as they were seen last."""
    binder = Binder()
    if not layout.layout and not question.asker.dry:
        return []
    return question.asker.rows(
        f"""
SELECT skeletons.width, skeletons.height, arrayZip(skeletons.box_role, skeletons.box_level, skeletons.box_x,
    skeletons.box_y, skeletons.box_width, skeletons.box_height, skeletons.box_name)
FROM skeletons
WHERE {_of_site(question, binder)} AND skeletons.path = {binder.text(layout.path)}
    AND skeletons.device = {binder.text(layout.device or "other")} AND skeletons.layout = {binder.text(layout.layout)}
ORDER BY skeletons.ts DESC, skeletons.bot_class LIMIT 1""",
        binder,
    )


def _notes(question: Question, path: str, known: list[_Layout], chosen: _Layout, device: str | None) -> list[str]:
    if not chosen.layout:
        on = f" on {device}" if device else ""
        return [
            f"Nobody has sent a skeleton of {path}{on} yet. The script sends one with a share of the page loads: "
            "capture.skeleton in sites.yml, 0.1 by default, 1 for all."
        ]
    notes = []
    if not _is_within(chosen, question.range):
        seen = instant(chosen.seen_ms, question.place.zone)
        notes.append(f"No layout was seen last in the period: this one was seen last on {seen:%Y-%m-%d %H:%M}.")
    if len(known) == MOST_LAYOUTS:
        notes.append(f"Only the {MOST_LAYOUTS:,} layouts that were seen last are known.")
    return notes
