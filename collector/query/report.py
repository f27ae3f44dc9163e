"""What makes a function a report: a method of `Site`, a command, and a question that can be stored and asked again.

All of it comes from the function `ask(place, …)` in the report's file: from its signature which arguments there are,
from its docstring what they mean.
"""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from collector.query import arguments, render
from collector.query.errors import BadQuestion, unknown
from collector.query.filters import Filter
from collector.query.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.query.question import Place
    from collector.query.result import Result

P = ParamSpec("P")
R = TypeVar("R", bound="Result[Any]")
_OPEN = "params"
"""Of a report that takes arguments of any name (`**params`), what they are called together."""
REPORTS: dict[str, Report] = {}
"""Every report by its name; complete when `collector.query` is imported."""


@dataclass(frozen=True, slots=True)
class Option:
    """An argument of a report, as an option of its command.

    Attributes:
        name: in Python, such as `period`.
        flag: such as `--period`; of a sequence the singular.
        required: must be given.
    """

    name: str
    flag: str
    help: str
    kind: arguments.Kind = field(repr=False)
    default: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A report: what it is called, what it answers, and its arguments."""

    name: str
    help: str
    options: tuple[Option, ...]
    ask: Callable[..., Result[Any]] = field(repr=False)

    def from_texts(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments from texts of the command line by option name; what was not given is left out.

        Raises:
            BadQuestion, UnknownName: a text cannot be read; names its option.
        """
        read: dict[str, Any] = {}
        for option in self.options:
            text = given.get(option.name)
            if text is None or (option.kind.multiple and not text):
                continue
            if text in ("", arguments.NONE) and not option.required and not option.kind.multiple:
                read[option.name] = None
                continue
            try:
                read.update(option.kind.read(text) if option.name == _OPEN else {option.name: option.kind.read(text)})
            except BadQuestion as error:
                raise BadQuestion(f"{option.flag}: {error}") from None
        return read


@dataclass(frozen=True)
class Asked:
    """A question as it was asked: it can be stored, and asked again."""

    place: Place
    report: Report
    arguments: dict[str, Any]

    def spec(self) -> dict[str, Any]:
        """The question as plain data: `report`, and the arguments that were given."""
        kinds = {option.name: option.kind for option in self.report.options}
        said = {
            name: kinds[name].plain(value) if name in kinds and value is not None else render.plain(value)
            for name, value in self.arguments.items()
        }
        return {"report": self.report.name, **said}

    def again(self, **changed: Any) -> Result[Any]:
        """The answer to the same question with other arguments."""
        return run(self.report, self.place, {**self.arguments, **changed})


def report(ask: Callable[Concatenate[Place, P], R]) -> Callable[Concatenate[Any, P], R]:
    """The method of `Site` that asks; registers the report under the name of its file."""
    name = ask.__module__.rpartition(".")[2]
    text = inspect.getdoc(ask) or ""
    found = Report(name, _summary(text), _options(ask, text), ask)
    REPORTS[name] = found

    @functools.wraps(ask)
    def method(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        given = _signature.bind(self, *args, **kwargs).arguments
        given.pop("self")
        given.update(given.pop(_OPEN, {}))
        return run(found, self.place, given)  # type: ignore[return-value]

    own = inspect.signature(ask)
    first, *others = own.parameters.values()
    _signature = own.replace(parameters=[first.replace(name="self", annotation=inspect.Parameter.empty), *others])
    method.__signature__ = _signature  # type: ignore[attr-defined]
    method.__name__ = name
    return method


def run(report_: Report, place: Place, given: Mapping[str, Any]) -> Result[Any]:
    """The answer, which remembers its question. Steps and filters mean what the site's goals.yml says."""
    answer = report_.ask(place, **{name: _resolved(value, place) for name, value in given.items()})
    return replace(answer, asked=Asked(place, report_, dict(given)))


def _resolved(value: Any, place: Place) -> Any:
    if isinstance(value, Step):
        return place.goals.resolve(value)
    if isinstance(value, Filter):
        return value.resolved(place.goals.resolve)
    if isinstance(value, list | tuple):
        return type(value)(_resolved(each, place) for each in value)
    return value


def revive(spec: Mapping[str, Any]) -> tuple[Report, dict[str, Any]]:
    """The report and its arguments, from what `Asked.spec` gave.

    Raises:
        UnknownName: no such report or argument.
    """
    said = dict(spec)
    name = str(said.pop("report", ""))
    if name not in REPORTS:
        raise unknown("report", name, REPORTS)
    found = REPORTS[name]
    kinds = {option.name: option.kind for option in found.options}
    for argument in said:
        if argument not in kinds and _OPEN not in kinds:
            raise unknown(f"argument of {name}", argument, kinds)
    return found, {
        each: value if value is None or each not in kinds else kinds[each].revive(value) for each, value in said.items()
    }


def _summary(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


def _options(ask: Callable[..., Any], text: str) -> tuple[Option, ...]:
    described = {**arguments.COMMON_HELP, **_described(text)}
    _, *parameters = inspect.signature(ask).parameters.values()
    return tuple(_option(each, described.get(each.name, "")) for each in parameters)


def _option(parameter: inspect.Parameter, text: str) -> Option:
    is_open = parameter.kind is inspect.Parameter.VAR_KEYWORD
    kind = arguments.NAMED if is_open else arguments.kind_of(str(parameter.annotation))
    plural = kind.multiple and not parameter.name.endswith("us")  # versus is one
    single = parameter.name.removesuffix("s") if plural else parameter.name
    required = parameter.default is inspect.Parameter.empty and not is_open
    default = None if required or is_open else parameter.default
    if required and parameter.name == "period":
        required, default = False, arguments.DEFAULT_PERIOD
    return Option(parameter.name, f"--{single.replace('_', '-')}", text, kind, default, required)


def _described(text: str) -> dict[str, str]:
    """What the docstring's `Args:` say of each argument."""
    section = re.search(r"^Args:\n((?:    .*\n?|\n)*)", text, re.MULTILINE)
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section[1].splitlines() if section else ():
        if said := re.match(r"    \**([a-z_, ]+): (.*)", line):
            names = [each.strip() for each in said[1].split(",")]
            found.update(dict.fromkeys(names, said[2]))
        elif line.strip():
            found.update({name: f"{found[name]} {line.strip()}" for name in names})
    return found
