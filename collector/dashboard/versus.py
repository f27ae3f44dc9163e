"""Two audiences or two periods side by side: who the others are, and who the first are once there are others."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from collector.dashboard.known import known
from collector.query.arguments import parse_where
from collector.query.period import PREVIOUS, earlier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.dashboard.page import Ask
    from collector.dashboard.view import View
    from collector.query import Filter, Period

EARLIER: Final = "earlier"
"""In an address: the same audience in the period that the page's is compared with, or the one before."""
_CHANNELS: Final = 8
_REST: Final = {"device": "all other devices", "channel": "all other channels"}


@dataclass(frozen=True, slots=True)
class Versus:
    """The filters of both audiences, and both in words. `earlier`: the period of the others, where it is another."""

    first: Filter | None
    other: Filter | None
    words: tuple[str, str]
    earlier: Period | None = None


def versus(ask: Ask) -> Versus | None:
    """Who is compared: `versus` of the address, a filter as on the command line or `EARLIER`; None: nobody.

    All filters of the page hold for both, but those about the same thing as `versus` (mobile against desktop) hold for
    the first alone. Where there is none of these, the first are all whom `versus` leaves out: a difference to people
    who stand on both sides would be too small.

    Raises:
        BadQuestion, UnknownName: it cannot be read.
    """
    text = ask.view.get("versus")
    if text == EARLIER:
        return _before(ask)
    named = parse_where([text]) if text else None
    if named is None:
        return None
    own = [each for each in (*ask.view.all("is"), *ask.view.all("where")) if _subject(each) == _subject(text)]
    others = _without(ask.view, own).filter
    other = named if others is None else others & named
    if own:
        return Versus(ask.where, other, (", ".join(map(_words, own)), _words(text)))
    rest = ~named
    return Versus(rest if others is None else others & rest, other, (_rest(text), _words(text)))


def offers(ask: Ask) -> Sequence[tuple[str, str]]:
    """Whom to compare with, as a select has it: nobody, themselves before, devices, the returning, who did not
    convert, channels."""
    has = known(ask.site)
    found = [("", "nobody"), (EARLIER, "the period before")]
    found += [(f"device={each}", f"{each} / other devices") for each in has.of("device") if len(has.of("device")) > 1]
    found.append(("visitor_type=returning", "returning / new visitors"))
    if ask.goal:
        found.append((f"!did:conversion:{ask.goal}", f"not converted / converted ({ask.goal})"))
    channels = [each for each in has.of("channel") if each][:_CHANNELS]
    return [*found, *((f"channel={each}", f"{each} / other channels") for each in channels if len(channels) > 1)]


def _before(ask: Ask) -> Versus:
    place = ask.site.place
    now_ms = place.clock()
    asked = ask.period.resolve(place.zone, now_ms)
    before = earlier(ask.compared or PREVIOUS, asked, now_ms)
    return Versus(ask.where, ask.where, (str(asked), str(before.resolve(place.zone, now_ms))), before)


def _subject(text: str) -> str:
    """What a filter is about: the column or the amount, or all of a condition on sessions."""
    column = re.match(r"!?\s*(\w[\w.]*)\s*(?:!?=|>=|<=)", text)
    return column[1] if column else text.lstrip("!")


def _without(view: View, texts: Sequence[str]) -> View:
    kept = [(name, value) for name, value in view.pairs if name not in ("is", "where") or value not in texts]
    return replace(view, pairs=tuple(kept))


def _words(text: str) -> str:
    plain = text.lstrip("!")
    if plain.startswith("did:conversion:"):
        goal = plain.removeprefix("did:conversion:")
        return f"did not reach {goal}" if text.startswith("!") else f"reached {goal}"
    if text.startswith("visitor_type="):
        return f"{text.removeprefix('visitor_type=')} visitors"
    column, equals, value = text.partition("=")
    return value or "(none)" if equals and column in _REST else text


def _rest(text: str) -> str:
    if text in ("visitor_type=returning", "visitor_type=new"):
        return "new visitors" if text.endswith("returning") else "returning visitors"
    if text.lstrip("!").startswith("did:"):
        return _words(text[1:] if text.startswith("!") else f"!{text}")
    return _REST.get(_subject(text), "everybody else") if "!" not in text else "everybody else"
