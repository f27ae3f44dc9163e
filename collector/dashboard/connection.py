"""The database, for the length of a request: each thread keeps a connection, and makes another after an error."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from collector.query import BadQuestion, Memory, NotConnected, QueryError, Site, UnknownName, connect

if TYPE_CHECKING:
    from collector.query import Connection

_kept = threading.local()
# Ten people who open the same link, a page and then its CSV: the database is asked once. What is watched as it happens
# is asked anew every two seconds, for all who watch.
_memories = {False: Memory(20), True: Memory(2)}


def now_ms(key: str, about: str = "", *, fresh: bool = False) -> int:
    """Unix ms of the moment that a question asked now is about: it stands still for twenty seconds, `fresh` for two.

    What is asked for the same page, `about`, has the same moment; pages begin theirs one after the other.
    """
    return _memories[fresh].now_ms(f"{key}/{about}")


def site(key: str, zone: str | None, *, about: str = "", fresh: bool = False) -> Site:
    """The site, to be asked about the moment that `now_ms` gives; days are those of `zone`.

    Raises:
        UnknownName, BadQuestion: as `Connection.site` does.
        NotConnected: the database did not answer, twice, since the engine may have been started anew; or there are no
            tables in it yet.
    """
    moment = now_ms(key, about, fresh=fresh)
    try:
        return _at(moment, _connection(fresh=fresh).site(key, zone))
    except (UnknownName, BadQuestion):
        raise
    except QueryError:
        forget()
    try:
        return _at(moment, _connection(fresh=fresh).site(key, zone))
    except (UnknownName, BadQuestion):
        raise
    except QueryError as error:
        raise NotConnected(str(error)) from error


def _at(moment: int, found: Site) -> Site:
    return Site(replace(found.place, clock=lambda: moment))


def is_away(error: QueryError) -> bool:
    """Whether no database answered: not a matter of the question."""
    return isinstance(error, NotConnected)


def forget() -> None:
    """Close this thread's connections; the next question makes another."""
    for connection in _mine().values():
        connection.close()
    _mine().clear()


def _connection(*, fresh: bool) -> Connection:
    if fresh not in _mine():
        _mine()[fresh] = connect(memory=_memories[fresh])
    return _mine()[fresh]


def _mine() -> dict[bool, Connection]:
    found: dict[bool, Connection] | None = getattr(_kept, "connections", None)
    if found is None:
        found = _kept.connections = {}
    return found
