"""What a page is: a title, panels, each with a question, and choices. A file in `pages/` that has a `PAGE` is one."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from collector.dashboard import connection, pages
from collector.dashboard.known import known
from collector.query import BadQuestion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.figure import Figure

    from collector.dashboard.view import View
    from collector.query import Filter, Period, Result, Site

GROUPS: Final = ("Overview", "Behaviour", "Journeys", "Experience", "Site")
"""The headings of the menu, in order."""


ANY_SUCCESS: Final = "class:macro"
VISIT: Final = ("start", "session", "id", "session_id")
"""From a session's start to its timeline."""


class Ask:
    """What a page's panels ask with: the site and what the address says. What was made once is kept with it."""

    def __init__(self, site: Site, view: View, choices: Sequence[Choice]) -> None:
        """Read the address.

        Raises:
            BadQuestion, UnknownName: a period, filter or choice cannot be read.
        """
        self.site, self.view = site, view
        self.period: Period = view.period
        self.where: Filter | None = view.filter
        self.bots = view.bots
        self._choices = {each.name: each for each in choices}
        self._kept: dict[str, Any] = {}

    @property
    def common(self) -> dict[str, Any]:
        """`where` and `bots` where they are said: what nearly every report takes."""
        return self.view.common

    @property
    def compared(self) -> str:
        """What the period is compared with; empty: nothing, or there is nothing to compare on this page."""
        page = found().get(self.view.page)
        return self.view.compared if page is None or page.compares else ""

    @property
    def goal(self) -> str | None:
        """The goal that conversion is about: the one chosen, else the first macro goal of goals.yml, else any success
        that pages tell of."""
        chosen = self.view.get("goal")
        known = self.site.place.goals.listed
        macro = (name for name, goal in known.items() if goal.kind == "macro")
        return None if chosen == "none" else chosen or next(macro, ANY_SUCCESS)

    @property
    def goal_options(self) -> list[tuple[str, str]]:
        """The goals to choose from, with `none` and any success."""
        return [("none", "no goal"), (ANY_SUCCESS, "any success"), *((name, name) for name in self.goals)]

    @property
    def goals(self) -> list[str]:
        """Names of the goals of this site, macro goals first."""
        known = self.site.place.goals.known
        return sorted(known, key=lambda name: ("macro", "micro", "negative").index(known[name].kind))

    def choice(self, name: str) -> str:
        """What was chosen, or the choice's default.

        Raises:
            BadQuestion: it is not among the options.
        """
        choice = self._choices[name]
        options = choice.options_for(self)
        default = choice.default or (options[0][0] if options and choice.kind == "select" else "")
        said = self.view.get(name) or default
        if choice.kind == "select" and choice.closed and said not in [value for value, _ in options]:
            raise BadQuestion(f"{choice.label} is one of {', '.join(value for value, _ in options)}, not {said!r}")
        return said

    def all(self, name: str) -> list[str]:
        """All values of a choice that may have several."""
        return self.view.all(name)

    @property
    def names(self) -> list[str]:
        """What a filter may be about: goals, pages, buttons, forms of the site."""
        found: list[str] = self.once("names", self._names)
        return found

    def older(self, seconds: int) -> Site:
        """The site, for questions whose answers may be older than the page's."""
        view = self.view
        return connection.at(connection.now_ms(view.site, view.page, seconds), self.site)

    def _names(self) -> list[str]:
        has = known(self.site)
        return [
            *dict.fromkeys([*self.goals, *(name for what in ("page", "click", "form") for name in has.of(what)[:60])])
        ]

    def settle(self) -> None:
        """Ask all that a page shows besides its panels' answers.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        _ = self.names
        for choice in self._choices.values():
            choice.options_for(self)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a page lets its reader choose beside what all pages share.

    Attributes:
        options: (value, label) each, or what makes them; a `text` has them as suggestions.
        kind: `select` or `text`.
        closed: whether only these options are possible.
    """

    name: str
    label: str
    options: Sequence[tuple[str, str]] | Callable[[Ask], Sequence[tuple[str, str]]] = ()
    default: str = ""
    kind: str = "select"
    closed: bool = True

    def options_for(self, ask: Ask) -> Sequence[tuple[str, str]]:
        """The options on this site."""
        if callable(self.options):
            make = self.options
            found: Sequence[tuple[str, str]] = ask.once(f"options {self.name}", lambda: make(ask))
            return found
        return self.options


@dataclass(frozen=True, slots=True)
class Panel:
    """A question with its answer as a table, or as what the page's template makes of it.

    Attributes:
        ask: the question; its answer is what CSV, Python and SQL are about.
        then: something that the answer is asked for (`said` is that in Python, such as `.transitions()`).
        columns: fields to show, in order, or what says them; none: all.
        bar: field whose size is drawn behind the first column.
        link: (field, column): a click on that field's cell filters by the column.
        open: (field, page, parameter) or, where another field has the value, (field, page, parameter, that field): a
            click on the field's cell leads to another page about it.
        needs: a sentence where it cannot be asked yet, such as "Choose two steps."
        href: (ask, field, row): where a cell leads that neither `link` nor `open` says; empty: nowhere.
        heads: other words for columns, such as {"group": "device"}.
        words: other words for values, by column.
        limit: rows in the table; CSV has all.
        note: a sentence under the title.
        compares: whether what changed since the period that is compared with stands beside its numbers.
        drawn: what the answer's own `plot()` is told; `plot`: the picture, where that is not to be all.
    """

    name: str
    title: str
    ask: Callable[[Ask], Result[Any]]
    then: Callable[[Any, Ask], Result[Any]] | None = None
    said: str = ""
    columns: tuple[str, ...] | Callable[[Ask], tuple[str, ...]] = ()
    bar: str = ""
    link: tuple[str, str] | Callable[[Ask], tuple[str, str]] | None = None
    open: tuple[str, ...] | None = None
    needs: Callable[[Ask], str] | None = None
    href: Callable[[Ask, str, Any], str] | None = None
    heads: Mapping[str, str | Callable[[Ask], str]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    limit: int = 50
    note: str = ""
    compares: bool = True
    empty: str = "Nothing in this period."
    drawn: Callable[[Ask], dict[str, Any]] | None = None
    plot: Callable[[Ask, Any], Figure] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the dashboard.

    Attributes:
        name: last part of its address; that of its file.
        title: in the menu. question: under the title, what it answers.
        group: heading in the menu, one of `GROUPS`; empty: not in the menu.
        order: place below that heading.
        refresh: seconds after which it is fetched again, and how old its answers may be; 0: never, and
            `connection.SECONDS`.
        more: what its template needs besides the panels.
        has_period, has_goal, compares: whether its reader chooses a period, a goal, a period to compare with.
        savable: whether its questions can be kept by name.
        template: below `templates/pages/`; a page without one shows its panels one below the other.
    """

    title: str
    question: str
    panels: tuple[Panel, ...] = ()
    group: str = ""
    order: int = 100
    choices: tuple[Choice, ...] = ()
    refresh: int = 0
    more: Callable[[Ask, Callable[[str], Any]], Mapping[str, Any]] | None = None
    template: str = ""
    has_period: bool = True
    has_goal: bool = False
    compares: bool = True
    savable: bool = False
    name: str = field(default="")

    @property
    def seconds(self) -> int:
        """How old its answers may be."""
        return self.refresh or connection.SECONDS

    def panel(self, name: str) -> Panel | None:
        """The panel of that name."""
        return next((each for each in self.panels if each.name == name), None)


@cache
def found() -> dict[str, Page]:
    """The pages by name, in the order of the menu."""
    listed = {}
    for module in pkgutil.iter_modules(pages.__path__):
        page = getattr(importlib.import_module(f"{pages.__name__}.{module.name}"), "PAGE", None)
        if isinstance(page, Page):
            listed[module.name] = replace(page, name=module.name)
    place = {group: index for index, group in enumerate(GROUPS)}
    return dict(sorted(listed.items(), key=lambda pair: (place.get(pair[1].group, 99), pair[1].order, pair[0])))


def menu() -> dict[str, list[Page]]:
    """The pages of the menu by heading."""
    return {
        group: shown
        for group in GROUPS
        if (shown := [page for page in found().values() if page.group == group])
    }  # fmt: skip
