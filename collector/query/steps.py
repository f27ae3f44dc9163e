"""Steps: what a visitor did, as the steps of a funnel and in `did(...)`."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as field_
from typing import TYPE_CHECKING, Any

from collector.query.columns import column, prop_sql
from collector.query.errors import BadQuestion, unknown
from collector.query.sql import equals, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from collector.query.sql import Binder

FORM_STEPS = ("view", "start", "attempt", "error", "ok")
# What each kind of step may say, as (argument, column).
_ARGUMENTS: dict[str, dict[str, str]] = {
    "page": {"path": "path", "type": "page_type", "channel": "page_channel"},
    "click": {
        "name": "element_name",
        "role": "element_role",
        "key": "element_key",
        "zone": "element_zone",
        "page": "path",
    },
    "conversion": {"goal": "goal"},
    "field": {"form": "form", "field": "field"},
    "form": {"name": "form", "step": "step"},
    "event": {"name": "custom_name"},
}
_KINDS = {
    "page": "page_view",
    "click": "click",
    "conversion": "conversion",
    "field": "field",
    "form": "form",
    "event": "custom",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a visitor can do. Made by `page`, `click`, `conversion`, `field`, `form` and `event`.

    `says` are its arguments in order; `props` are the custom properties that it asks for. `any_of`: what the goal that
    it names means on the site of the question; `unless`: names that a file explains, and which are not meant.
    """

    step: str
    says: tuple[tuple[str, str], ...] = ()
    props: tuple[tuple[str, str], ...] = ()
    any_of: tuple[Step, ...] = field_(default=(), compare=False, repr=False)
    unless: tuple[str, ...] = field_(default=(), compare=False, repr=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of events that it is looked for among."""
        if self.any_of:
            return tuple(sorted({kind for each in self.any_of for kind in each.kinds}))
        return (_KINDS[self.step],)

    def get(self, argument: str) -> str | None:
        """What was asked for `argument`, or None."""
        return dict(self.says).get(argument)

    def sql(self, binder: Binder) -> str:
        """Condition that an event of table `events` is this step."""
        if self.any_of:
            return "(" + " OR ".join(each.sql(binder) for each in self.any_of) + ")"
        parts = [f"events.kind = '{_KINDS[self.step]}'"]
        columns = _ARGUMENTS[self.step]
        parts += [equals(column(columns[argument]), value, binder) for argument, value in self.says]
        parts += [matches(prop_sql(key), value, binder) for key, value in self.props]
        parts += [f"events.goal != {binder.text(name)}" for name in self.unless]
        return f"({' AND '.join(parts)})"

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for `from_dict`."""
        spec: dict[str, Any] = {"what": self.step, **dict(self.says)}
        return {**spec, "props": dict(self.props)} if self.props else spec

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> Step:
        """From what `to_dict` gave.

        Raises:
            UnknownName: a step or an argument of it that does not exist.
        """
        said = dict(spec)
        step, props = str(said.pop("what", "")), said.pop("props", {})
        if step not in _ARGUMENTS:
            raise unknown("step", step, _ARGUMENTS)
        for argument in said:
            if argument not in _ARGUMENTS[step]:
                raise unknown(f"argument of {step}", argument, _ARGUMENTS[step])
        return _step(step, {**dict.fromkeys(_ARGUMENTS[step]), **said}, props)

    def __str__(self) -> str:
        shown = [value if index == 0 else f"{argument} {value}" for index, (argument, value) in enumerate(self.says)]
        shown += [f"{key}={value}" for key, value in self.props]
        return f"{self.step} {', '.join(shown)}".strip()


def kinds_sql(steps: Iterable[Step]) -> str:
    """The kinds of events that the steps are looked for among, for `events.kind IN (…)`."""
    return ", ".join(sorted({f"'{kind}'" for step in steps for kind in step.kinds}))


def page(path: str | None = None, *, type: str | None = None, channel: str | None = None) -> Step:
    """A view of a page, by path (`*` stands for any characters) or by page type.

    With `channel`, such as `Paid*`, one that was reached from there: a first page, or a later one by a new link.

    Raises:
        BadQuestion: neither was said.
    """
    return _step("page", {"path": path, "type": type, "channel": channel})


def click(
    name: str | None = None,
    *,
    role: str | None = None,
    key: str | None = None,
    zone: str | None = None,
    page: str | None = None,
) -> Step:
    """A click on an element, by its name, role, key (16 hex digits) or zone, on any page or on `page`.

    Raises:
        BadQuestion: nothing was said.
    """
    return _step("click", {"name": name, "role": role, "key": key, "zone": zone, "page": page})


def conversion(goal: str) -> Step:
    """A conversion of a goal, by its name."""
    return _step("conversion", {"goal": goal})


def field(form: str, field: str) -> Step:
    """A visit to a field of a form."""
    return _step("field", {"form": form, "field": field})


def form(name: str, step: str | None = None) -> Step:
    """An event of a form, or one of its steps: view, start, attempt, error, ok.

    Raises:
        UnknownName: no such step.
    """
    if step is not None and step not in FORM_STEPS:
        raise unknown("step of a form", step, FORM_STEPS)
    return _step("form", {"name": name, "step": step})


def event(name: str, /, **props: object) -> Step:
    """A custom event, by its name and its properties: `event("plan chosen", plan="pro")`.

    Raises:
        BadQuestion: a property's name has other characters than letters, digits and _.
    """
    return _step("event", {"name": name}, props)


def _step(step: str, said: Mapping[str, object], props: Mapping[str, object] | None = None) -> Step:
    says = tuple((argument, str(value)) for argument, value in said.items() if value is not None)
    if not says:
        raise BadQuestion(f"{step}() needs one of: {', '.join(_ARGUMENTS[step])}")
    for key in props or {}:
        prop_sql(key)
    return Step(step, says, tuple((key, _prop(value)) for key, value in (props or {}).items()))


def _prop(value: object) -> str:
    """A property as the loader stores it: as text, booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)
