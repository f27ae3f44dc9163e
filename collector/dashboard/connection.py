"""The database, for the length of a request: each thread keeps a connection, and makes another after an error."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from collector.query import BadQuestion, Memory, NotConnected, QueryError, UnknownName, connect

if TYPE_CHECKING:
    from collector.query import Connection, Site

_kept = threading.local()
# Ten people who open the same link, a page and then its CSV: the database is asked once.
_memory = Memory(10)


def site(key: str, zone: str | None) -> Site:
    """The site, to be asked; days are those of `zone`.

    Raises:
        UnknownName, BadQuestion: as `Connection.site` does.
        NotConnected: the database did not answer, twice, since the engine may have been started anew; or there are no
            tables in it yet.
    """
    try:
        return _connection().site(key, zone)
    except (UnknownName, BadQuestion):
        raise
    except QueryError:
        forget()
    try:
        return _connection().site(key, zone)
    except (UnknownName, BadQuestion):
        raise
    except QueryError as error:
        raise NotConnected(str(error)) from error


def is_away(error: QueryError) -> bool:
    """Whether no database answered: not a matter of the question."""
    return isinstance(error, NotConnected)


def forget() -> None:
    """Close this thread's connection; the next question makes another."""
    found: Connection | None = getattr(_kept, "connection", None)
    if found is not None:
        found.close()
    _kept.connection = None


def _connection() -> Connection:
    found: Connection | None = getattr(_kept, "connection", None)
    if found is None:
        found = _kept.connection = connect(memory=_memory)
    return found
