"""Arguments of reports as text and as plain data: for the command line, and for questions that are stored.

Which kinds of argument exist is what the signatures of the reports say; an annotation that is not in `_KINDS` is a
mistake that a test finds.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from collector.query.errors import BadQuestion, unknown
from collector.query.filters import STUMBLES, Filter, at_least, at_most, did, dropped, signal_filter, where
from collector.query.period import PREVIOUS, Period, parse_earlier
from collector.query.period import parse as parse_period
from collector.query.presets import preset
from collector.query.steps import Step, click, conversion, event, form, page
from collector.query.steps import field as field_step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from collector.query.period import Earlier

STEP_HELP = (
    "page:/cart, page-type:product, click:NAME, click-key:HEX, conversion:GOAL, field:FORM/FIELD, form:NAME or "
    "form:NAME/STEP, event:NAME or event:NAME,key=value; * stands for any characters"
)
WHERE_HELP = (
    "column=value[,value] or column!=value, did:STEP, rage:ELEMENT, dead:ELEMENT, error_click:ELEMENT (rage: alone is "
    "any element), broken_link:PAGE, quick_back:PAGE, page_loop:PAGE, stall:PAGE, scrolling:PAGE, slow:PAGE; "
    "engaged>=10s, page_views<=3 (of a session), 'dropped:2,STEP > STEP > STEP' (reached step 2, not 3); "
    "a leading ! is the opposite; given several times, all hold"
)
PERIOD_HELP = "7d, 24h, today, 2026-11-01, or 2026-11-01..2026-11-15 (the last day is not included)"
DEFAULT_PERIOD = "28d"
# Arguments that mean the same in every report; a report's docstring describes its own.
COMMON_HELP: Mapping[str, str] = MappingProxyType(
    {
        "period": PERIOD_HELP,
        "where": WHERE_HELP,
        "by": "column whose values are groups; none for no groups",
        "bots": "count bots too",
    }
)
NONE = "none"
"""What stands for None on the command line, where an argument is something else by default."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of argument.

    Attributes:
        metavar: what stands for the value in help; empty for a switch and for text, which is called as the argument.
        form: how it is written on the command line, where that is not how it is written in Python.
        read: from the text of the command line (from a sequence of texts where `multiple`).
        plain: as JSON can carry it.
        revive: from what `plain` gave.
        choices: the only values allowed, where there are such.
    """

    metavar: str
    read: Callable[[Any], Any] = str
    plain: Callable[[Any], Any] = lambda value: value
    revive: Callable[[Any], Any] = lambda value: value
    multiple: bool = False
    choices: tuple[str, ...] = ()
    form: str = ""


def kind_of(annotation: str) -> Kind:
    """The kind of argument that a report's signature says.

    Raises:
        TypeError: no such kind is known; it belongs in `_KINDS`.
    """
    plain = annotation.removesuffix(" | None")
    if plain.startswith("Literal["):
        said = ast.literal_eval(plain.removeprefix("Literal").strip())
        return Kind("", choices=tuple(map(str, said)))
    if plain not in _KINDS:
        raise TypeError(f"an argument of a report cannot be {annotation!r}; known: {', '.join(_KINDS)}")
    return _KINDS[plain]


def parse_step(text: str) -> Step:
    """A step from the command line, such as `page:/cart` or `click:Add to cart`.

    Raises:
        BadQuestion: not of the form WHAT:VALUE.
        UnknownName: no such kind of step; names the nearest.
    """
    what, colon, value = text.partition(":")
    if not colon or not value:
        raise BadQuestion(f"{text!r} is no step: write {STEP_HELP}")
    if what not in _STEPS:
        raise unknown("step", what, _STEPS)
    return _STEPS[what](value)


def parse_where(texts: Sequence[str]) -> Filter | None:
    """Filters from the command line, all of which hold; None for none.

    Raises:
        BadQuestion: not of the form column=value, did:STEP or SIGNAL:WHERE.
        UnknownName: no such column or step; names the nearest.
    """
    found = None
    for text in texts:
        each = _one_filter(text)
        found = each if found is None else found & each
    return found


def _one_filter(text: str) -> Filter:
    if text.startswith("!"):
        return ~_one_filter(text[1:])
    what, colon, value = text.partition(":")
    if colon and what == "did":
        return did(parse_step(value))
    if colon and what.replace("-", "_") in STUMBLES:
        return signal_filter(what.replace("-", "_"), value or None)
    if colon and what == "dropped":
        return _dropped(value)
    for sign, amount in ((">=", at_least), ("<=", at_most)):
        name, found, limit = text.partition(sign)
        if found:
            return amount(**{name.strip(): limit.strip()})
    name, equals, values = text.partition("=")
    if not equals:
        raise BadQuestion(f"{text!r} is no filter: write {WHERE_HELP}")
    if name.endswith("!"):
        return ~where(**{name[:-1].strip(): values.split(",")})
    return where(**{name.strip(): values.split(",")})


def _dropped(value: str) -> Filter:
    at, _, steps = value.partition(",")
    return dropped([parse_step(each.strip()) for each in steps.split(" > ")], at=_whole(at))


def _field(value: str) -> Step:
    form_name, slash, name = value.rpartition("/")
    if not slash or not form_name or not name:
        raise BadQuestion(f"field:{value} needs a form and a field: field:checkout/email")
    return field_step(form_name, name)


def _form(value: str) -> Step:
    name, slash, step = value.rpartition("/")
    return form(name, step) if slash and name else form(value)


def _event(value: str) -> Step:
    name, *pairs = value.split(",")
    props = dict(pair.partition("=")[::2] for pair in pairs)
    return event(name, **props)


_STEPS: Mapping[str, Callable[[str], Step]] = MappingProxyType(
    {
        "page": page,
        "page-type": lambda value: page(type=value),
        "click": click,
        "click-key": lambda value: click(key=value),
        "conversion": conversion,
        "field": _field,
        "form": _form,
        "event": _event,
    }
)


def _whole(text: Any) -> int:
    try:
        return int(str(text))
    except ValueError:
        raise BadQuestion(f"{text!r} is not a whole number") from None


def _number(text: Any) -> float:
    try:
        return float(str(text))
    except ValueError:
        raise BadQuestion(f"{text!r} is not a number") from None


def _length(value: str | timedelta) -> str:
    return f"{round(value / timedelta(milliseconds=1))}ms" if isinstance(value, timedelta) else value


def _plain_earlier(value: Earlier) -> Any:
    said = parse_earlier(value)
    return said if isinstance(said, str) else said.to_dict()


def _revived_earlier(spec: Any) -> Earlier:
    return spec if spec == PREVIOUS else Period.from_dict(spec)


def _texts(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _steps(texts: Sequence[str]) -> list[Step]:
    """Steps one by one; `preset:NAME` stands for several."""
    found: list[Step] = []
    for text in texts:
        what, _, name = text.partition(":")
        found += preset(name) if what == "preset" else [parse_step(text)]
    return found


def _named(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, value in pairs:
        if not name or not equals:
            raise BadQuestion(f"{name + value!r} is not of the form name=value")
    return {name: value for name, _, value in pairs}


NAMED = Kind("NAME=VALUE", _named, multiple=True)
"""Arguments of any name."""
_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "str": Kind("TEXT"),
        "str | int": Kind("ID"),
        "int | str": Kind("TEXT"),
        "int": Kind("N", _whole),
        "float": Kind("NUMBER", _number),
        "bool": Kind("", bool),
        "str | timedelta": Kind("LENGTH", plain=_length, form="7d, 12h, 30m, 45s"),
        "Period | str": Kind("PERIOD", parse_period, lambda value: parse_period(value).to_dict(), Period.from_dict),
        "Earlier": Kind("PERIOD", parse_earlier, _plain_earlier, _revived_earlier, form=f"{PREVIOUS}, {PERIOD_HELP}"),
        "Filter": Kind("FILTER", parse_where, lambda value: value.to_dict(), Filter.from_dict, multiple=True),
        "Step": Kind("STEP", parse_step, lambda value: value.to_dict(), Step.from_dict, form=STEP_HELP),
        "Sequence[Step]": Kind(
            "STEP",
            _steps,
            lambda value: [each.to_dict() for each in value],
            lambda spec: [Step.from_dict(each) for each in spec],
            multiple=True,
            form=f"{STEP_HELP}; one --step each",
        ),
        "str | Sequence[str]": Kind("TEXT", _texts, _texts, _texts, multiple=True),
        "Sequence[str]": Kind("TEXT", list, list, list, multiple=True),
        "Sequence[float]": Kind("NUMBER", lambda texts: [_number(text) for text in texts], list, list, multiple=True),
    }
)
