"""Every report as a command: its options as text, and a function that asks. `footpath query` is built from this."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from collector.query.errors import BadQuestion, unknown
from collector.query.filters import dead, did, rage, where
from collector.query.period import parse as parse_period
from collector.query.steps import Step, click, conversion, event, form, page
from collector.query.steps import field as field_step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from collector.query.filters import Filter
    from collector.query.result import Result
    from collector.query.site import Site

STEP_HELP = (
    "page:/cart, page-type:product, click:NAME, click-key:HEX, conversion:GOAL, field:FORM/FIELD, form:NAME or "
    "form:NAME/STEP, event:NAME or event:NAME,key=value; * stands for any characters"
)
WHERE_HELP = (
    "column=value[,value] or column!=value, did:STEP, rage:ELEMENT, dead:ELEMENT (rage: alone is any element); "
    "a leading ! is the opposite; given several times, all hold"
)
PERIOD_HELP = "7d, 24h, today, 2026-11-01, or 2026-11-01..2026-11-15 (the last day is not included)"


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command.

    Attributes:
        name: of the argument in `options`, such as `period`.
        flag: such as `--period`; empty for a positional argument.
        metavar: what stands for the value in help; empty for a switch.
        multiple: may be given several times; `options` then has a sequence.
        required: must be given.
        choices: the only values allowed, where there are such.
    """

    name: str
    flag: str
    help: str
    metavar: str = "TEXT"
    default: str | bool | None = None
    multiple: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportCommand:
    """A report on the command line: `run(site, options)` takes texts by option name and asks."""

    name: str
    help: str
    options: tuple[Option, ...]
    run: Callable[[Site, Mapping[str, Any]], Result[Any]] = field(repr=False)


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
        BadQuestion: not of the form column=value, did:STEP, rage:ELEMENT or dead:ELEMENT.
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
    if colon and what in ("rage", "dead"):
        return (rage if what == "rage" else dead)(value or None)
    name, equals, values = text.partition("=")
    if not equals:
        raise BadQuestion(f"{text!r} is no filter: write {WHERE_HELP}")
    if name.endswith("!"):
        return ~where(**{name[:-1].strip(): values.split(",")})
    return where(**{name.strip(): values.split(",")})


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

_PERIOD = Option("period", "--period", PERIOD_HELP, "PERIOD", "28d")
_WHERE = Option("where", "--where", WHERE_HELP, "FILTER", multiple=True)
_BOTS = Option("bots", "--bots", "count bots too", "", default=False)
_BY = Option("by", "--by", "column whose values are groups", "COLUMN")
_BY_DEVICE = Option(
    "by", "--by", "column of page views whose values are groups; none for no groups", "COLUMN", "device"
)
_PATH = Option("path", "--path", "path of the page; * stands for any characters", "PATH", required=True)
_UNITS = ("session", "visitor", "person")


def _common(options: Mapping[str, Any]) -> dict[str, Any]:
    by = options.get("by")
    common = {"where": parse_where(options.get("where") or ()), "bots": bool(options.get("bots"))}
    return {**common, "by": None if by in (None, "", "none") else by}


def _without_groups(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in _common(options).items() if name != "by"}


def _period(options: Mapping[str, Any]) -> Any:
    return parse_period(options.get("period") or "28d")


def _conversion_rate(site: Site, options: Mapping[str, Any]) -> Result[Any]:
    return site.conversion_rate(options["goal"], _period(options), options["unit"], **_common(options))


def _funnel(site: Site, options: Mapping[str, Any]) -> Result[Any]:
    return site.funnel(
        [parse_step(text) for text in options.get("step") or ()],
        _period(options),
        options.get("window") or "7d",
        order=options.get("order") or "ordered",
        unit=options.get("unit") or "visitor",
        times=bool(options.get("times")),
        exclude=[parse_step(text) for text in options.get("exclude") or ()],
        **_common(options),
    )


def _heatmap(site: Site, options: Mapping[str, Any]) -> Result[Any]:
    mode = options.get("mode") or "cells"
    common = _common({"by": "device", **options})
    if mode == "elements":
        return site.heatmap(options["path"], _period(options), mode="elements", **common)
    if mode != "cells":
        raise unknown("mode", mode, ("cells", "elements"))
    return site.heatmap(options["path"], _period(options), mode="cells", **common)


def _scroll(site: Site, options: Mapping[str, Any]) -> Result[Any]:
    return site.scroll(options["path"], _period(options), **_common({"by": "device", **options}))


def _sessions(site: Site, options: Mapping[str, Any]) -> Result[Any]:
    text = str(options.get("limit") or 20)
    if not text.isdigit():
        raise BadQuestion(f"--limit is a whole number, not {text!r}")
    return site.sessions(_period(options), limit=int(text), after=options.get("after"), **_without_groups(options))


def _form_report(site: Site, options: Mapping[str, Any]) -> Result[Any]:
    return site.form(options["name"], _period(options), **_common(options))


_ALL = (
    ReportCommand(
        "conversion_rate",
        "How many of the sessions, visitors or people converted.",
        (
            Option("goal", "--goal", "name of the goal; * stands for any characters", "GOAL", required=True),
            Option("unit", "--unit", "what is counted", "UNIT", required=True, choices=_UNITS),
            _PERIOD,
            _BY,
            _WHERE,
            _BOTS,
        ),
        _conversion_rate,
    ),
    ReportCommand(
        "form",
        "How a form is filled in, field by field.",
        (Option("name", "--name", "name of the form", "FORM", required=True), _PERIOD, _BY, _WHERE, _BOTS),
        _form_report,
    ),
    ReportCommand(
        "funnel",
        "How many go from step to step.",
        (
            Option("step", "--step", STEP_HELP, "STEP", multiple=True, required=True),
            _PERIOD,
            Option("window", "--window", "longest way from the first step: 7d, 12h, 30m or session", "LENGTH", "7d"),
            _BY,
            _WHERE,
            Option(
                "order",
                "--order",
                "whether other steps may come between",
                "ORDER",
                "ordered",
                choices=("ordered", "strict", "any"),
            ),
            Option("unit", "--unit", "what is counted", "UNIT", "visitor", choices=_UNITS),
            Option("exclude", "--exclude", "a step that ends an attempt; written like --step", "STEP", multiple=True),
            Option("times", "--times", "also how long each step takes", "", default=False),
            _BOTS,
        ),
        _funnel,
    ),
    ReportCommand(
        "heatmap",
        "Where people click on a page.",
        (
            _PATH,
            _PERIOD,
            _BY_DEVICE,
            _WHERE,
            Option(
                "mode", "--mode", "by cell of the page, or by element", "MODE", "cells", choices=("cells", "elements")
            ),
            _BOTS,
        ),
        _heatmap,
    ),
    ReportCommand("scroll", "How far down a page people get.", (_PATH, _PERIOD, _BY_DEVICE, _WHERE, _BOTS), _scroll),
    ReportCommand(
        "session",
        "One session, event by event.",
        (Option("id", "--id", "the session's 16 hex digits", "ID", required=True),),
        lambda site, options: site.session(options["id"]),
    ),
    ReportCommand(
        "sessions",
        "Sessions, the newest first.",
        (
            _PERIOD,
            _WHERE,
            Option("limit", "--limit", "how many", "N", "20"),
            Option("after", "--after", "go on after this `next` of an answer", "CURSOR"),
            _BOTS,
        ),
        _sessions,
    ),
)
REPORTS: Mapping[str, ReportCommand] = MappingProxyType({command.name: command for command in _ALL})
