"""The database, for the length of a request: each thread keeps a connection, and makes another after an error."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from collector.query import BadQuestion, Memory, NotConnected, QueryError, Site, UnknownName, connect

if TYPE_CHECKING:
    from collector.query import Connection

SECONDS: Final = 60
"""How old an answer may be, where a page does not say otherwise."""
_kept = threading.local()
# Ten people who open the same link, a page and then its CSV: the database is asked once.
_memory = Memory(SECONDS, logged=False)


def now_ms(key: str, about: str = "", seconds: int = SECONDS) -> int:
    """Unix ms of the moment that a question asked now is about: it stands still for some seconds.

    What is asked for the same page, `about`, has the same moment; pages begin theirs one after the other.
    """
    return _memory.now_ms(f"{key}/{about}", seconds)


def site(key: str, zone: str | None, *, about: str = "", seconds: int = SECONDS) -> Site:
    """The site, to be asked about the moment that `now_ms` gives; days are those of `zone`.

    Raises:
        UnknownName, BadQuestion: as `Connection.site` does.
        NotConnected: the database did not answer, twice, since the engine may have been started anew; or there are no
            tables in it yet.
    """
    moment = now_ms(key, about, seconds)
    try:
        return at(moment, _connection().site(key, zone))
    except (UnknownName, BadQuestion):
        raise
    except QueryError:
        forget()
    try:
        return at(moment, _connection().site(key, zone))
    except (UnknownName, BadQuestion):
        raise
    except QueryError as error:
        raise NotConnected(str(error)) from error


def at(moment: int, found: Site) -> Site:
    """The same site, to be asked about another moment (Unix ms)."""
    return Site(replace(found.place, clock=lambda: moment))


def is_away(error: QueryError) -> bool:
    """Whether no database answered: not a matter of the question."""
    return isinstance(error, NotConnected)


def forget() -> None:
    """Close this thread's connection; the next question makes another."""
    if connection := _mine():
        connection.close()
    _kept.connection = None


def _connection() -> Connection:
    found = _mine()
    if found is None:
        found = _kept.connection = connect(memory=_memory)
    return found


def _mine() -> Connection | None:
    return getattr(_kept, "connection", None)
