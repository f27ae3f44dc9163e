"""A panel's answer, for templates: asked when it is first looked at, with its table, definitions and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from collector.dashboard import connection
from collector.dashboard.python_call import python_of
from collector.dashboard.table import Table, Wish, by_row, compared, table_of
from collector.query import DEFINITIONS, QueryError
from collector.query.compare import changes_of_rows, key_names, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from collector.dashboard.cells import Change
    from collector.dashboard.page import Ask, Panel
    from collector.dashboard.table import Changes
    from collector.query import Definition, Result
    from collector.query.compare import Comparison

T = TypeVar("T")


class Answer:
    """What a panel shows. Questions that are not possible are `error`; a database that is away comes out."""

    def __init__(self, panel: Panel, ask: Ask) -> None:
        self.panel, self._ask = panel, ask
        self.name, self.title = panel.name, panel.title

    def once(self, what: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this answer."""
        # functools.cached_property has one lock for all answers before Python 3.12: one would wait for the others.
        found: T = self._ask.once(f"{what} of {self.name}", make)
        return found

    def settle(self) -> None:
        """Ask all that a page shows of it.

        Raises:
            NotConnected: the database does not answer.
        """
        if self.given is not None:
            _ = self.table, self.definitions

    @property
    def needs(self) -> str:
        """What is to be chosen before it can be asked; empty: nothing."""
        needs = self.panel.needs
        return self.once("needs", lambda: needs(self._ask)) if needs else ""

    @property
    def _asked(self) -> tuple[Result[Any] | None, str]:
        return self.once("answer", self._ask_now)

    def _ask_now(self) -> tuple[Result[Any] | None, str]:
        if self.needs:
            return None, ""
        try:
            return self.result(), ""
        except QueryError as error:
            if connection.is_away(error):
                raise
            return None, str(error)

    def result(self) -> Result[Any]:
        """The answer itself.

        Raises:
            QueryError: the question is not possible, or ClickHouse did not answer.
        """
        base, then = self.base(), self.panel.then
        return base if then is None else self.once("more", lambda: then(base, self._ask))

    def base(self) -> Result[Any]:
        """What the method of `Site` gave; panels that ask the same function share it."""
        found: Result[Any] = self._ask.once(f"ask {id(self.panel.ask)}", lambda: self.panel.ask(self._ask))
        return found

    @property
    def given(self) -> Result[Any] | None:
        """The answer, or None where there is an `error` or something is missing."""
        return self._asked[0]

    @property
    def error(self) -> str:
        """Why there is none."""
        return self._asked[1]

    @property
    def table(self) -> Table | None:
        """The answer as a table, with what changed where that was asked for."""
        return self.once("table", self._table)

    def _table(self) -> Table | None:
        result = self.given
        if result is None:
            return None
        panel = self.panel
        columns = panel.columns(self._ask) if callable(panel.columns) else panel.columns
        wish = Wish(columns, panel.bar, panel.limit, self._heads(), self._href, panel.words)
        return table_of(result, wish, self.changes)

    @property
    def changes(self) -> Changes:
        """What changed since the earlier period, by row and field; empty: nothing is compared, or rows have no
        counterpart."""
        return self.once("changes", self._changes)

    def _changes(self) -> Changes:
        result = self.given
        if result is None or not key_names(result.row_type):
            return {}
        found = self.compared
        if found is None:
            return {}
        if self.panel.then is None:
            return by_row(found.rows)
        return by_row(changes_of_rows(self.panel.then(found.before, self._ask).rows, result.rows, self.base().asked))

    @property
    def compared(self) -> Comparison | None:
        """What the method of `Site` gave beside that of the earlier period; None: nothing is compared, or rows have no
        counterpart. Panels that ask the same function share it."""
        period = self._ask.compared
        if self.given is None or not period or not self.panel.compares:
            return None
        name = f"compare {id(self.panel.ask)}"
        found: Comparison | None = self._ask.once(name, lambda: compared(self.base(), period))
        return found

    def change(self, row: Any, name: str) -> Change | None:
        """What changed in a field of a row of the answer."""
        return self.changes.get((key_of(row, key_names(type(row))), name))

    def _heads(self) -> dict[str, str]:
        """A column of groups is called what the groups are."""
        panel = self.panel
        link = panel.link(self._ask) if callable(panel.link) else panel.link
        own = {name: word(self._ask) if callable(word) else word for name, word in panel.heads.items()}
        return {**({link[0]: link[1].replace("_", " ")} if link and link[0] == "group" else {}), **own}

    def _href(self, name: str, row: Any) -> str:
        panel, view = self.panel, self._ask.view
        if panel.open and name == panel.open[0]:
            value = getattr(row, panel.open[-1] if len(panel.open) > 3 else name)
            return view.url(panel.open[1], **{panel.open[2]: value}) if value != "" else ""
        link = panel.link(self._ask) if callable(panel.link) else panel.link
        if link and name == link[0]:
            return view.with_filter(link[1], str(getattr(row, name)))
        return panel.href(self._ask, name, row) if panel.href else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of this answer."""
        return self.given.meta.notes if self.given is not None else ()

    @property
    def definitions(self) -> list[Definition]:
        """What its numbers mean."""
        return self.once("definitions", self._definitions)

    def _definitions(self) -> list[Definition]:
        labels = self.given.meta.definitions if self.given is not None else ()
        names = dict.fromkeys(label.partition("/")[0] for label in labels)
        return [DEFINITIONS[name] for name in names if name in DEFINITIONS]

    @property
    def python(self) -> str:
        """The very call."""
        return python_of(self.base(), self.panel.said, self._drawn if self.has_picture else None)

    @property
    def _drawn(self) -> dict[str, Any]:
        """What its picture is told."""
        return self.panel.drawn(self._ask) if self.panel.drawn else {}

    @property
    def has_picture(self) -> bool:
        """Whether the answer can be drawn."""
        return hasattr(self.given, "plot")

    def picture(self) -> Figure | None:
        """The answer drawn, as a notebook draws it; None: it has no picture.

        Raises:
            QueryError: the question is not possible, or ClickHouse did not answer.
        """
        result, own = self.result(), self.panel.plot
        if own is not None:
            return own(self._ask, result)
        plot: Callable[..., Figure] | None = getattr(result, "plot", None)
        return plot(**self._drawn) if plot is not None else None

    @property
    def png_url(self) -> str:
        """Where its picture is."""
        return self._ask.view.part(self.name, "png")

    @property
    def csv_url(self) -> str:
        """Where its CSV is."""
        return self._ask.view.part(self.name, "csv")

    @property
    def code_url(self) -> str:
        """Where its Python and SQL are."""
        return self._ask.view.part(self.name, "code")
