"""Where do people stumble, and how do those visits fare?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from collector.dashboard.page import VISIT, Choice, Page, Panel
from collector.query import BadQuestion
from collector.query.filters import STUMBLES
from collector.query.signals import SIGNALS, Limits

if TYPE_CHECKING:
    from collector.dashboard.page import Ask
    from collector.query import Result

_OF = (("page", "page"), ("page_type", "type of page"), ("site", "whole site"))
_MOVABLE = [signal for signal in SIGNALS.values() if signal.threshold]
_WORDS = {**STUMBLES, "form_abandon": "forms left", "loop": "loops"}


def _friction(ask: Ask) -> Result[Any]:
    goal = {"goal": ask.goal} if ask.goal else {}
    said: dict[str, Any] = {"of": ask.choice("of"), **goal, **_moved(ask), **ask.common}
    return ask.site.friction(ask.period, **said)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit that the reader can move: what is found again over all history."""

    name: str
    words: str
    unit: str
    value: float
    low: float
    high: float
    step: float


def _thresholds(ask: Ask) -> list[Threshold]:
    moved = _moved(ask)
    return [
        Threshold(
            signal.threshold,
            _WORDS.get(signal.name, signal.name),
            signal.unit,
            moved.get(signal.threshold, getattr(Limits(), signal.threshold)),
            signal.curve[0],
            signal.curve[-1],
            min(b - a for a, b in pairwise(signal.curve)),
        )
        for signal in _MOVABLE
    ]


def _moved(ask: Ask) -> dict[str, Any]:
    """The limits that stand in the address and are not the usual ones.

    Raises:
        BadQuestion: one is no number, or out of its range.
    """
    moved: dict[str, Any] = {}
    for signal in _MOVABLE:
        said = ask.view.get(signal.threshold)
        if not said:
            continue
        low, high = signal.curve[0], signal.curve[-1]
        try:
            value = float(said)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise BadQuestion(f"{signal.threshold} is {low:g} to {high:g} {signal.unit}, not {said!r}")
        usual = getattr(Limits(), signal.threshold)
        if value != usual:
            moved[signal.threshold] = type(usual)(value)
    return moved


def _chosen(ask: Ask) -> tuple[str, str]:
    return ask.view.get("signal"), ask.view.get("at")


def _hit(result: Any, ask: Ask) -> Result[Any]:
    """What was hit in the cell that was chosen; without one all that was clicked in vain, ranked."""
    signal, step = _chosen(ask)
    found: Result[Any] = result.elements(signal or None, step or None)
    return found


def _hit_columns(ask: Ask) -> tuple[str, ...]:
    """What stands in each row: not what was chosen, which is the same in all."""
    signal, step = _chosen(ask)
    has_steps = not step and ask.choice("of") != "site"
    return ("what", *(() if signal else ("signal",)), *(("step",) if has_steps else ()), "item", "hits", "sessions")


_ELEMENT = ("key", "item", "what")


def _of_element(ask: Ask, name: str, row: Any) -> str:
    """From what was hit to the visits in which it was."""
    if name not in ("what", "sessions"):
        return ""
    named = {part: getattr(row, part) or None for part in _ELEMENT}
    return f"{ask.view.url(None, signal=row.signal, at=row.step or None, **named)}#sessions"


def _element(result: Any, ask: Ask) -> Any:
    """The row of what was chosen; None: nothing was, and all that was hit counts.

    Raises:
        BadQuestion: it was not hit in this period.
    """
    named = tuple(ask.view.get(part) for part in _ELEMENT)
    if not any(named):
        return None
    for row in _hit(result, ask).rows:
        if (row.key, row.item) == named[:2] and (row.key or row.what == named[2]):
            return row
    raise BadQuestion(f"{named[2] or 'this'!r} was not hit in this period")


def _sessions(result: Any, ask: Ask) -> Result[Any]:
    signal, step = _chosen(ask)
    if not signal:
        raise BadQuestion("choose a signal")
    found: Result[Any] = result.sessions(signal, step or None, hit=_element(result, ask), limit=100)
    return found


def _needs(ask: Ask) -> str:
    return "" if ask.view.get("signal") else "Click a number or a row above to see in which visits."


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    found = answer("friction").given
    rows = found.rows if found is not None else ()
    signals = list(dict.fromkeys(row.signal for row in rows))
    steps: dict[str, dict[str, Any]] = {}
    for row in rows:
        steps.setdefault(row.step, {})[row.signal] = row
    met = [signal for signal in signals if any(row.hits for row in rows if row.signal == signal)]
    top = max((row.rate.rate or 0.0 for row in rows), default=0.0) or 1.0
    return {"steps": steps, "signals": met, "words": _WORDS, "top": top, "chosen": _chosen(ask),
            "thresholds": _thresholds(ask), "moved": _moved(ask),
            "others": ask.view.hidden(*(signal.threshold for signal in _MOVABLE))}  # fmt: skip


PAGE = Page(
    title="Friction",
    question="Where do people stumble, and how do those visits fare?",
    group="Behaviour",
    order=3,
    template="friction.html",
    has_goal=True,
    choices=(Choice("of", "By", _OF),),
    panels=(
        Panel("friction", "Signals by page", _friction, limit=60),
        Panel("hit", "What was hit", _friction, then=_hit, said=".elements(…)", columns=_hit_columns, bar="sessions",
              href=_of_element, heads={"step": lambda ask: ask.choice("of").replace("_", " ")},
              words={"signal": _WORDS}),
        Panel("sessions", "Visits", _friction, then=_sessions, said=".sessions(…)", needs=_needs, limit=100,
              columns=("start", "duration", "device", "country", "channel", "entry_page", "exit_page", "clicks",
                       "errors", "conversions"), open=VISIT),
    ),
    more=_more,
)  # fmt: skip
