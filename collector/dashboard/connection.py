"""The database, for the length of a request: each thread keeps a connection, and makes another after an error."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from collector.query import BadQuestion, NotConnected, QueryError, TooMuch, UnknownName, connect

if TYPE_CHECKING:
    from collector.query import Connection, Site

_kept = threading.local()


def site(key: str, zone: str | None) -> Site:
    """The site, to be asked; days are those of `zone`.

    Raises:
        QueryError: as `Connection.site` does; one failure is tried again, since the engine may have been started anew.
    """
    try:
        return _connection().site(key, zone)
    except QueryError as error:
        if not is_away(error):
            raise
        forget()
        return _connection().site(key, zone)


def is_away(error: QueryError) -> bool:
    """Whether nobody answered, or not as a database should: not a matter of the question."""
    return not isinstance(error, BadQuestion | UnknownName | TooMuch)


def forget() -> None:
    """Close this thread's connection; the next question makes another."""
    found: Connection | None = getattr(_kept, "connection", None)
    if found is not None:
        found.close()
    _kept.connection = None


def _connection() -> Connection:
    found: Connection | None = getattr(_kept, "connection", None)
    if found is None:
        found = _kept.connection = connect()
    return found


__all__ = ["NotConnected", "forget", "is_away", "site"]
