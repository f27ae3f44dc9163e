"""What exists on a site: so that a misspelt name is an error with the nearest valid one, not an empty answer."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.errors import UnknownName, unknown
from collector.query.filters import Did, Dropped, Stumbled, Where
from collector.query.goals import CLASS
from collector.query.sql import Binder, matches, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.query.ask import Asker
    from collector.query.filters import Filter
    from collector.query.goals import Goals
    from collector.query.steps import Step

_LISTED = 2000
_FIRST = {"max_threads": 1, "max_block_size": 8192}
"""For a statement that ends with its first row: by default each thread reads 65,536 rows before it looks."""
# What is looked for among which kind of event, and what it is called in an error.
_PLACES = {
    "page": ("path", "events.kind = 'page_view'"),
    "page type": ("page_type", "events.kind = 'page_view' AND events.page_type != ''"),
    "goal": ("goal", "events.kind = 'conversion'"),
    "form": ("form", "events.kind IN ('form', 'field')"),
    "element": ("element_name", "events.kind = 'click' AND events.element_name != ''"),
    "role": ("element_role", "events.kind = 'click' AND events.element_role != ''"),
    "zone": ("element_zone", "events.kind IN ('click', 'zone') AND events.element_zone != ''"),
    "event": ("custom_name", "events.kind = 'custom'"),
    "click id": ("click_id_type", "events.click_id_type != ''"),
}
_OF_STEPS = {
    ("page", "path"): "page",
    ("page", "type"): "page type",
    ("click", "name"): "element",
    ("click", "role"): "role",
    ("click", "zone"): "zone",
    ("click", "page"): "page",
    ("conversion", "goal"): "goal",
    ("field", "form"): "form",
    ("form", "name"): "form",
    ("event", "name"): "event",
}
_OF_COLUMNS = {
    "path": "page",
    "entry_path": "page",
    "goal": "goal",
    "form": "form",
    "element_name": "element",
}


class Catalog:
    """Answers whether names exist on one site, at any time, among people and bots."""

    def __init__(self, asker: Asker, site_id: int, goals: Goals) -> None:
        self._asker = asker
        self._site_id = site_id
        self._goals = goals

    def require(self, what: str, name: str) -> None:
        """Make sure that a `what` (page, goal, form, element …) of that name or pattern exists.

        A goal exists where goals.yml has it, without any event yet, or as conversion events of that name.

        Raises:
            UnknownName: there is none; names the nearest.
        """
        if what == "goal" and (self._goals.find(name) or name.startswith(CLASS)):
            return
        if what == "page" and self._is_rolled_up(name):
            return
        column, among = _PLACES[what]
        self._require(what, name, column, among, Binder())

    def require_steps(self, steps: Iterable[Step]) -> None:
        """Make sure that everything that the steps name exists.

        Raises:
            UnknownName: there is none; names the nearest.
        """
        for step in steps:
            for argument, value in step.says:
                if (step.step, argument) in _OF_STEPS:
                    self.require(_OF_STEPS[step.step, argument], value)
                elif (step.step, argument) == ("field", "field"):
                    self._require_field(step.get("form") or "", value)
                elif (step.step, argument) == ("click", "key"):
                    self._require_key(value)

    def require_filter(self, where: Filter | None) -> None:
        """Make sure that the pages, goals, forms and elements that a filter names exist.

        Raises:
            UnknownName: there is none; names the nearest.
        """
        for part in where.parts() if where else ():
            if isinstance(part, Did):
                self.require_steps([part.step])
            elif isinstance(part, Dropped):
                self.require_steps(part.steps)
            elif isinstance(part, Stumbled):
                self._require_if("element", part.element)
                self._require_if("page", part.page)
            elif isinstance(part, Where):
                for name, values in part.columns:
                    for value in values if name in _OF_COLUMNS else ():
                        self._require_column(_OF_COLUMNS[name], str(value))

    def _require_if(self, what: str, name: str | None) -> None:
        if name:
            self.require(what, name)

    def _require_column(self, what: str, value: str) -> None:
        """A column has what was sent, whatever goals.yml says."""
        if value:
            column, among = _PLACES[what]
            self._require(what, value, column, among, Binder())

    def _require_field(self, form: str, name: str) -> None:
        binder = Binder()
        among = f"events.kind = 'field' AND {matches('events.form', form, binder)}"
        self._require(f"field of form {form!r}", name, "field", among, binder)

    def _require_key(self, key: str) -> None:
        binder = Binder()
        condition = f"events.kind = 'click' AND events.element_key = {binder.unsigned(number_of(key))}"
        if self._asker.dry:
            return
        if not self._exists(f"SELECT 1 FROM events WHERE {self._site(binder)} AND {condition} LIMIT 1", binder):
            raise UnknownName(f"unknown element: no click has the key {key!r}")

    def _require(self, what: str, name: str, column: str, among: str, binder: Binder) -> None:
        source = f"FROM events WHERE {self._site(binder)} AND {among}"
        condition = matches(f"events.{column}", name, binder)
        if self._asker.dry or self._exists(f"SELECT 1 {source} AND {condition} LIMIT 1", binder):
            return
        known = self._asker.rows(
            f"SELECT events.{column} AS name {source} GROUP BY name ORDER BY count() DESC LIMIT {_LISTED}",
            binder,
        )
        named = self._goals.known if what == "goal" else ()
        raise unknown(what, name, [*(row[0] for row in known), *named])

    def _is_rolled_up(self, path: str) -> bool:
        """Whether people viewed a page: asked of the roll-up of page views, which is small and sorted by path."""
        binder = Binder()
        found = (
            f"SELECT 1 FROM page_totals AS events WHERE {self._site(binder)} AND {matches('events.path', path, binder)}"
        )
        return self._asker.dry or self._exists(f"{found} LIMIT 1", binder)

    def _exists(self, sql: str, binder: Binder) -> bool:
        return bool(self._asker.table(sql, binder, _FIRST).rows)

    def _site(self, binder: Binder) -> str:
        return f"events.site_id = {binder.integer(self._site_id)}"
