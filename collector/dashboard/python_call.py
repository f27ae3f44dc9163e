"""The very call that gives an answer, as text that can be pasted into Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from collector.query import Filter, Period, Step
from collector.query import filters as f

if TYPE_CHECKING:
    from collector.query import Result

_FIRST: Final = {"page": "path", "click": "name", "conversion": "goal", "form": "name", "event": "name"}


def python_of(result: Result[Any], said: str = "", drawn: dict[str, Any] | None = None) -> str:
    """The imports, the site and the call; `said` is what is asked of the answer, such as `.transitions()`.

    `drawn`: what its picture is told, which a notebook shows below the table; None: it has none.

    Raises:
        BadQuestion: the answer was not given by a method of `Site`.
    """
    asked = result.call
    names: set[str] = {"connect"}
    given = ",\n    ".join(f"{name}={_value(value, names)}" for name, value in asked.arguments.items())
    place = asked.place
    site = f'connect().site("{place.key}"' + (f', tz="{place.zone}")' if place.zone != place.home_zone else ")")
    call = f"site.{asked.report.name}(\n    {given},\n)" if given else f"site.{asked.report.name}()"
    told = ", ".join(f"{name}={_value(value, names)}" for name, value in (drawn or {}).items())
    picture = f"answer.plot({told})\n" if drawn is not None else ""
    imports = f"from collector.query import {', '.join(sorted(names))}"
    return f"{imports}\n\nsite = {site}\nanswer = {call}{said}\nprint(answer)\n{picture}"


def _value(value: Any, names: set[str]) -> str:
    if isinstance(value, Period):
        if value.length is not None:
            return repr(value.length)
        names.add("between")
        return f"between({value.start!r}, {value.end!r})"
    if isinstance(value, Step):
        return _step(value, names)
    if isinstance(value, Filter):
        return _filter(value, names)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each, names) for each in value)}]"
    return repr(value)


def _step(step: Step, names: set[str]) -> str:
    names.add(step.step)
    if step.step == "field":
        return f"field({step.get('form')!r}, {step.get('field')!r})"
    first = _FIRST[step.step]
    said = [repr(value) if name == first else f"{name}={value!r}" for name, value in step.says]
    if step.props:
        said.append(f"**{dict(step.props)!r}")
    return f"{step.step}({', '.join(said)})"


def _filter(found: Filter, names: set[str]) -> str:
    if isinstance(found, f.Both):
        sign = " & " if found.word == "and" else " | "
        return f"({sign.join(_filter(each, names) for each in found.filters)})"
    if isinstance(found, f.Not):
        return f"~{_filter(found.filter, names)}"
    if isinstance(found, f.Did):
        names.add("did")
        return f"did({_step(found.step, names)})"
    if isinstance(found, f.Dropped):
        names.add("dropped")
        return f"dropped({_value(found.steps, names)}, at={found.at})"
    if isinstance(found, f.Stumbled):
        names.add(found.signal)
        said = [repr(found.element)] if found.element is not None else []
        return f"{found.signal}({', '.join([*said, *([f'page={found.page!r}'] if found.page else [])])})"
    ((word, given),) = found.to_dict().items()
    names.add(word)
    return f"{word}({_named(given)})"


def _named(given: dict[str, Any]) -> str:
    if all(name.isidentifier() for name in given):
        return ", ".join(f"{name}={value!r}" for name, value in given.items())
    return f"**{given!r}"
