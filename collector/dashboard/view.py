"""What a page is about: site, period, comparison, zone and filters. All of it stands in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from collector.query import BadQuestion, Period, where
from collector.query.arguments import parse_where
from collector.query.period import parse, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from collector.query import Filter

SHARED: Final = ("period", "compare", "tz", "goal", "is", "where", "bots")
"""What carries over from page to page."""
PERIODS: Final = (
    ("today", "Today"),
    ("2d", "2 days"),
    ("7d", "7 days"),
    ("28d", "28 days"),
    ("90d", "90 days"),
    ("365d", "12 months"),
)
FILTERS: Final = (
    ("device=", "device is"),
    ("country=", "country is"),
    ("channel=", "channel is"),
    ("source=", "source is"),
    ("campaign=", "campaign is"),
    ("browser=", "browser is"),
    ("os=", "system is"),
    ("entry_path=", "first page is"),
    ("visitor_type=", "visitor is (new, returning)"),
    ("did:page:", "visited the page"),
    ("did:click:", "clicked on"),
    ("did:conversion:", "reached the goal"),
    ("!did:conversion:", "did not reach the goal"),
    ("did:form:", "touched the form"),
    ("rage:", "rage clicks on"),
    ("dead:", "dead clicks on"),
    ("error_click:", "an error after a click on"),
    ("quick_back:", "left at once the page"),
    ("engaged>=", "engaged for at least (30s)"),
    ("page_views>=", "page views, at least"),
    ("", "as on the command line"),
)
"""How filters begin, and what that means; the rest is what a reader types."""
FIRST: Final = "7d"
WHOLE: Final = "whole"
"""Asks for a page with all its answers, however long they take."""
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class View:
    """A page's address in parts. `pairs` are name and value in order; a name may come several times."""

    site: str
    page: str
    pairs: Pairs = ()

    @classmethod
    def of(cls, site: str, page: str, pairs: Iterable[tuple[str, str]]) -> View:
        """From a query string's pairs; empty values say nothing, and `WHOLE` is not about the question."""
        kept = [(name, value.strip()) for name, value in pairs if name != WHOLE]
        return cls(site, page, tuple((name, value) for name, value in kept if value or name == "is"))

    def get(self, name: str, default: str = "") -> str:
        """The value of a name, the last one where there are several."""
        return next((value for each, value in reversed(self.pairs) if each == name), default)

    def all(self, name: str) -> list[str]:
        """All values of a name."""
        return [value for each, value in self.pairs if each == name]

    @property
    def period_text(self) -> str:
        """The period as it stands in the address, or the usual one; with `from` and `to` (included) as a calendar's
        fields give them."""
        first, last = self.get("from"), self.get("to")
        return f"{first}..{last}" if first and last else self.get("period", FIRST)

    @property
    def period(self) -> Period:
        """The period.

        Raises:
            BadQuestion: it is none.
        """
        if bool(self.get("from")) != bool(self.get("to")):
            raise BadQuestion("say both days, from and to (which is not included), or a period")
        return parse(self.period_text)

    @property
    def compared(self) -> str:
        """What the period is compared with: `previous`, a period, or nothing."""
        said = self.get("compare")
        return "" if said == "none" else said

    @property
    def zone(self) -> str | None:
        """The zone of the days; None: the site's.

        Raises:
            UnknownName: there is none of that name.
        """
        said = self.get("tz") or None
        if said:
            zone_of(said)
        return said

    @property
    def bots(self) -> bool:
        """Whether bots are counted too."""
        return self.get("bots") == "1"

    @property
    def common(self) -> dict[str, Any]:
        """`where` and `bots` where they are said: what nearly every report takes."""
        said: dict[str, Any] = {"where": self.filter} if self.filter is not None else {}
        return {**said, "bots": True} if self.bots else said

    @property
    def filter(self) -> Filter | None:
        """What was clicked (`is=device=mobile`: exactly this value) and typed (`where=…`, as on the command line).

        Raises:
            BadQuestion, UnknownName: a filter cannot be read.
        """
        found = parse_where(self.all("where"))
        for text in self.all("is"):
            column, equals, value = text.partition("=")
            if not equals:
                raise BadQuestion(f"{text!r} is no filter: write column=value")
            clicked = where(**{column: [value]})
            found = clicked if found is None else found & clicked
        return found

    def url(self, page: str | None = None, /, **changed: Any) -> str:
        """The address of this page with some values changed (None: without), or of another page.

        To another page go what all pages share, and `changed`.
        """
        target = page or self.page
        kept: list[tuple[str, str]] = [
            (name, value)
            for name, value in self.pairs
            if name not in changed and (target == self.page or name in SHARED or name in ("from", "to"))
        ]
        for name, value in changed.items():
            values = value if isinstance(value, list | tuple) else [value]
            kept += [(name, str(each)) for each in values if each is not None and (each != "" or name == "is")]
        query = f"?{urlencode(kept)}" if kept else ""
        return f"/sites/{self.site}/{target}{query}"

    def part(self, panel: str, what: str) -> str:
        """The address of a panel's `csv` or `code`, for this question."""
        query = f"?{urlencode(self.pairs)}" if self.pairs else ""
        return f"/sites/{self.site}/{self.page}/{panel}/{what}{query}"

    @property
    def whole(self) -> str:
        """The address of this page with all its answers, however long they take."""
        return self.url(None, **{WHOLE: 1})

    @property
    def query(self) -> str:
        """The query string."""
        return urlencode(self.pairs)

    def with_filter(self, column: str, value: str, page: str | None = None) -> str:
        """The address with one more filter: column = value, in place of one on the same column."""
        others = [each for each in self.all("is") if not each.startswith(f"{column}=")]
        return self.url(page, **{"is": [*others, f"{column}={value}"]})

    def filters(self) -> list[tuple[str, str]]:
        """Each filter in words, with the address without it."""
        found = []
        for name in ("is", "where"):
            texts = self.all(name)
            for place, text in enumerate(texts):
                words = text.replace("=", ": ", 1) if name == "is" else text
                rest: Mapping[str, Any] = {name: texts[:place] + texts[place + 1 :] or None}
                found.append((words if not words.endswith(": ") else f"{words}(none)", self.url(None, **rest)))
        return found

    @property
    def found(self) -> str:
        """The address with the filter that a form put together of `find` and `text`; empty: there is none."""
        text = self.get("text")
        filters = [*self.all("where"), f"{self.get('find')}{text}"]
        return self.url(None, where=filters, find=None, text=None, after=None) if text else ""

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """The pairs that a form must carry besides its own fields."""
        return [(name, value) for name, value in self.pairs if name not in without]
