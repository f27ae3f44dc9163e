"""What can go wrong with a question, said to the person who asked.

::

    QueryError
    ├── NotConnected    no database was found, or it does not answer; says where it was looked for, or what it said
    ├── UnknownName     a site, column, page, goal, form, element or event that does not exist; names the nearest
    ├── BadQuestion     the question itself is not possible (also a ValueError)
    └── TooMuch         a limit on time or memory was reached; says what to narrow
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARD_AWAY: Final = (
    "Without the rows of that shard the numbers would be wrong: start its server again; `footpath check` tells which "
    "servers of the cluster answer"
)


class QueryError(Exception):
    """Any failure of a question; the message is for the reader."""


class NotConnected(QueryError):
    """No database was found, or it does not answer."""


class UnknownName(QueryError):
    """A name that does not exist. `nearest` is the closest existing one, or None."""

    def __init__(self, message: str, nearest: str | None = None) -> None:
        super().__init__(message)
        self.nearest = nearest


class BadQuestion(QueryError, ValueError):
    """The question itself is not possible."""


class TooMuch(QueryError):
    """A limit on time or memory was reached."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The existing name closest to `name`, or None where there is none at all."""
    names = sorted(set(known))
    lowered = {candidate.lower(): candidate for candidate in names}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.0)
    return lowered[found[0]] if found else None


def unknown(what: str, name: str, known: Iterable[str], *, listed: int = 8) -> UnknownName:
    """The error for a `what` called `name`, with the nearest valid name and the first few that exist."""
    names = sorted(set(known))
    if not names:
        return UnknownName(f"unknown {what} {name!r}: there is no {what} yet")
    best = nearest(name, names)
    shown = ", ".join(repr(candidate) for candidate in names[:listed])
    more = f" and {len(names) - listed} more" if len(names) > listed else ""
    return UnknownName(f"unknown {what} {name!r}, did you mean {best!r}? Known: {shown}{more}", best)
