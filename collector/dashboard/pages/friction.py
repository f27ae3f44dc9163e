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
    signal, step = _chosen(ask)
    found: Result[Any] = result.elements(signal, step or None)
    return found


def _sessions(result: Any, ask: Ask) -> Result[Any]:
    signal, step = _chosen(ask)
    if not signal:
        raise BadQuestion("choose a signal")
    found: Result[Any] = result.sessions(signal, step or None, limit=100)
    return found


def _needs(ask: Ask) -> str:
    return "" if ask.view.get("signal") else "Click a number above to see what was hit, and in which visits."


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
        Panel("hit", "What was hit", _friction, then=_hit, said=".elements(…)", needs=_needs),
        Panel("sessions", "Visits", _friction, then=_sessions, said=".sessions(…)", needs=_needs, limit=100,
              columns=("start", "duration", "device", "country", "channel", "entry_page", "exit_page", "clicks",
                       "errors", "conversions"), open=VISIT),
    ),
    more=_more,
)  # fmt: skip
